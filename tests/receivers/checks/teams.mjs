// Checks messages to Microsoft Teams with Microsoft's own library of Adaptive Cards.
import { isDeepStrictEqual } from 'node:util';
// The package's main module has imports that Node.js does not resolve.
import adaptiveCards from 'adaptivecards/dist/adaptivecards.js';
import { unknownKeys } from '../unknown_keys.mjs';

const { AdaptiveCard, SerializationContext, Versions } = adaptiveCards;

// Microsoft's "Create and send messages with connectors and Workflows": 28 KB.
const BYTES = 28 * 1000;

export function check(body) {
  const errors = unknownKeys(body, ['type', 'attachments']);
  if (body.type !== 'message') errors.push('the type is not message');
  if (Buffer.byteLength(JSON.stringify(body)) > BYTES) errors.push(`more than ${BYTES} bytes`);
  const [attachment, ...others] = body.attachments;
  if (others.length > 0) errors.push('more than one attachment');
  errors.push(...unknownKeys(attachment, ['contentType', 'contentUrl', 'content']));
  if (attachment.contentType !== 'application/vnd.microsoft.card.adaptive') errors.push('no Adaptive Card');

  // The library does not know `msteams`, which only Teams has.
  const { msteams, ...content } = attachment.content;
  errors.push(...unknownKeys(msteams, ['width', 'entities']));
  const context = new SerializationContext(Versions.v1_4);
  const card = new AdaptiveCard();
  card.parse(content, context);
  for (let i = 0; i < context.eventCount; i++) errors.push(context.getEventAt(i).message);
  for (const { message } of card.validateProperties().validationEvents) errors.push(message);
  // The library leaves out what it does not know.
  const read = JSON.parse(JSON.stringify(card.toJSON(new SerializationContext(Versions.v1_4))));
  if (!isDeepStrictEqual(read, content)) errors.push(`read as ${JSON.stringify(read)}`);
  return errors;
}
