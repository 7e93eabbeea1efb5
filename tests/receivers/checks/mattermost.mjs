// Checks messages to Mattermost with Mattermost's own Markdown parser and its check of attachments.
import { createRequire } from 'node:module';
import { unknownKeys } from '../unknown_keys.mjs';

// Node.js cannot import the parser's build for browsers, which its package names.
const require = createRequire(import.meta.url);
const { Parser } = require('@mattermost/commonmark');
const { isMessageAttachmentArray } = require('@mattermost/types/message_attachments');

// Mattermost's developer documentation: Incoming webhooks; Message attachments. The size of a request is the default of
// MaximumPayloadSizeBytes in the configuration settings.
const TEXT = 16_383;
const FOOTER = 300;
const BYTES = 300_000;

const parser = new Parser({ minimumHashtagLength: 3 });
const LITERAL = ['document', 'paragraph', 'text', 'softbreak', 'linebreak'];

// The reasons why Markdown does not render as literal text, apart from what `allowed(node)` allows.
function markup(what, text, allowed = () => false) {
  const errors = [];
  const walker = parser.parse(text).walker();
  for (let event = walker.next(); event; event = walker.next()) {
    const { node, entering } = event;
    if (entering && !LITERAL.includes(node.type) && !allowed(node)) {
      errors.push(`${what}: ${node.type} in ${JSON.stringify(text.slice(0, 200))}`);
    }
  }
  return errors;
}

const isHeading = (node) => node.type === 'heading';
const isName = (node) => node.type === 'strong' && node.parent.firstChild === node;

function isLink(node) {
  const { firstChild: text, parent } = node;
  return node.type === 'link' && parent.lastChild === node
    && text.literal === 'Open' && /^https?:/.test(node.destination);
}

export function check(body) {
  const errors = unknownKeys(body, ['text', 'attachments']);
  if (Buffer.byteLength(JSON.stringify(body)) > BYTES) errors.push(`more than ${BYTES} bytes`);
  if (!isMessageAttachmentArray(body.attachments)) return ['attachments that Mattermost does not read'];
  if (!body.text || [...body.text].length > TEXT) errors.push(`a text without, or with more than ${TEXT} characters`);
  const { firstChild, lastChild } = parser.parse(body.text);
  if (firstChild?.type !== 'heading' || firstChild !== lastChild) errors.push('not one heading');
  errors.push(...markup('the title', body.text, isHeading));

  for (const attachment of body.attachments) {
    errors.push(...unknownKeys(attachment, ['fallback', 'color', 'text', 'fields', 'footer']));
    if (!/^#[0-9a-f]{6}$/.test(attachment.color)) errors.push('not a color');
    if (!attachment.fallback) errors.push('no fallback');
    if (attachment.footer.length > FOOTER) errors.push(`a footer of more than ${FOOTER} characters`);
    errors.push(...markup('the text', attachment.text, isLink));
    // Newer clients render these as Markdown, and the name of a field in bold.
    errors.push(...markup('the footer', attachment.footer), ...markup('the fallback', attachment.fallback));
    for (const { title, value } of attachment.fields) {
      if (!title.trim() || !value.trim()) errors.push('a field without text');
      errors.push(...markup('a field', `**${title.trim()}:**  \n${value.trim()}`, isName));
      errors.push(...markup('the name of a field', title), ...markup('the value of a field', value));
    }
  }
  return errors;
}
