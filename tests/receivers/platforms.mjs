// Checks messages to Teams and Discord by code that is not ours: reads {"kind", "body"}, one a line, and answers each
// with {"ok", "errors"}. For Teams, Microsoft's own library of Adaptive Cards; for Discord, the builders of discord.js.
import { isDeepStrictEqual } from 'node:util';
import { createInterface } from 'node:readline';
import { EmbedBuilder, embedLength } from '@discordjs/builders';
// The package's main module has imports that Node.js does not resolve.
import adaptiveCards from 'adaptivecards/dist/adaptivecards.js';

const { AdaptiveCard, SerializationContext, Versions } = adaptiveCards;

// Microsoft's "Create and send messages with connectors and Workflows": 28 KB.
const TEAMS_BYTES = 28 * 1000;
// Discord's developer documentation: Message, embed limits; Webhook, Execute Webhook.
const DISCORD_EMBED_UNITS = 6000;
const DISCORD_EMBEDS = 10;

function unknownKeys(object, known) {
  return Object.keys(object).filter((key) => !known.includes(key)).map((key) => `unknown property ${key}`);
}

// Without what JSON leaves out.
function written(object) {
  return JSON.parse(JSON.stringify(object));
}

function teams(body) {
  const errors = unknownKeys(body, ['type', 'attachments']);
  if (body.type !== 'message') errors.push('the type is not message');
  if (Buffer.byteLength(JSON.stringify(body)) > TEAMS_BYTES) errors.push(`more than ${TEAMS_BYTES} bytes`);
  const [attachment, ...others] = body.attachments;
  if (others.length > 0) errors.push('more than one attachment');
  errors.push(...unknownKeys(attachment, ['contentType', 'contentUrl', 'content']));
  if (attachment.contentType !== 'application/vnd.microsoft.card.adaptive') errors.push('no Adaptive Card');

  // `msteams` is Teams' own, which the library does not know.
  const { msteams, ...content } = attachment.content;
  errors.push(...unknownKeys(msteams, ['width', 'entities']));
  const context = new SerializationContext(Versions.v1_4);
  const card = new AdaptiveCard();
  card.parse(content, context);
  for (let i = 0; i < context.eventCount; i++) errors.push(context.getEventAt(i).message);
  for (const { message } of card.validateProperties().validationEvents) errors.push(message);
  // What the library does not know, it leaves out.
  const read = written(card.toJSON(new SerializationContext(Versions.v1_4)));
  if (!isDeepStrictEqual(read, content)) errors.push(`read as ${JSON.stringify(read)}`);
  return errors;
}

function discord(body) {
  const errors = unknownKeys(body, ['embeds', 'allowed_mentions']);
  if (body.embeds.length < 1 || body.embeds.length > DISCORD_EMBEDS) errors.push('not 1 to 10 embeds');
  if (!isDeepStrictEqual(body.allowed_mentions, { parse: [] })) errors.push('mentions are allowed');
  for (const embed of body.embeds) {
    const { title, description = null, url = null, color, timestamp, footer, fields = [] } = embed;
    // Each of these throws when Discord would refuse it.
    const built = new EmbedBuilder()
      .setTitle(title).setDescription(description).setURL(url).setColor(color)
      .setTimestamp(Date.parse(timestamp)).setFooter(footer).setFields(fields).toJSON();
    if (!isDeepStrictEqual(written(built), { fields: [], ...embed })) errors.push(`read as ${JSON.stringify(built)}`);
    // Discord refuses these, and the builders do not.
    if (fields.some(({ name, value }) => !name.trim() || !value.trim())) errors.push('a field without text');
    if (embedLength(embed) > DISCORD_EMBED_UNITS) errors.push(`more than ${DISCORD_EMBED_UNITS} characters`);
  }
  return errors;
}

const checks = { teams, discord };

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, body } = JSON.parse(line);
  let errors;
  try {
    errors = checks[kind](body);
  } catch (error) {
    errors = [`${error.message}${error.errors ? `: ${JSON.stringify(error.errors)}` : ''}`];
  }
  console.log(JSON.stringify({ ok: errors.length === 0, errors }));
}
