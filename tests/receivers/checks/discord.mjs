// Checks messages to Discord with the builders of discord.js.
import { isDeepStrictEqual } from 'node:util';
import { EmbedBuilder, embedLength } from '@discordjs/builders';
import { unknownKeys } from '../unknown_keys.mjs';

// Discord's developer documentation: Message, embed limits; Webhook, Execute Webhook.
const EMBED_UNITS = 6000;
const EMBEDS = 10;

export function check(body) {
  const errors = unknownKeys(body, ['embeds', 'allowed_mentions']);
  if (body.embeds.length < 1 || body.embeds.length > EMBEDS) errors.push(`not 1 to ${EMBEDS} embeds`);
  if (!isDeepStrictEqual(body.allowed_mentions, { parse: [] })) errors.push('mentions are allowed');
  for (const embed of body.embeds) {
    const { title, description = null, url = null, color, timestamp, footer, fields = [] } = embed;
    // Each setter throws if Discord would refuse the value.
    const built = new EmbedBuilder()
      .setTitle(title).setDescription(description).setURL(url).setColor(color)
      .setTimestamp(Date.parse(timestamp)).setFooter(footer).setFields(fields).toJSON();
    const written = JSON.parse(JSON.stringify(built));
    if (!isDeepStrictEqual(written, { fields: [], ...embed })) errors.push(`read as ${JSON.stringify(built)}`);
    // Discord refuses these, but the builders do not.
    if (fields.some(({ name, value }) => !name.trim() || !value.trim())) errors.push('a field without text');
    if (embedLength(embed) > EMBED_UNITS) errors.push(`more than ${EMBED_UNITS} characters`);
  }
  return errors;
}
