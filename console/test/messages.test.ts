// @vitest-environment happy-dom
import { render } from 'preact'
import { afterEach, describe, expect, it } from 'vitest'
import { chatMessage } from '../src/lib/chat-message'
import { mailContent } from '../src/lib/mail-html'

const TITLE = 'Acceptance rate < 5% & <!channel>'
const FIELDS = [
  { name: 'Observed', value: '0.04' },
  { name: 'Since', value: '–' },
]

// The bodies are those of the tests in shared/outbound/src/chat.
const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
const bodies: Record<string, unknown> = {
  slack: {
    text: 'x',
    blocks: [{ type: 'header', text: plain('Acceptance rate &lt; 5% &amp; &lt;!channel&gt;') }],
    attachments: [
      {
        color: '#dc2626',
        blocks: [
          { type: 'section', text: plain('observed *0.04*\n- now') },
          { type: 'section', fields: [plain('Observed\n0.04'), plain('Since\n–')] },
          { type: 'context', elements: [plain('And 7 more')] },
          { type: 'section', text: { type: 'mrkdwn', text: '<https://example.com/ops?a=1&amp;b=x%7Cy|Open>' } },
          { type: 'context', elements: [plain('critical · evt_1')] },
        ],
      },
    ],
  },
  teams: {
    attachments: [
      {
        content: {
          body: [
            { type: 'Container', style: 'attention', items: [{ inlines: [{ text: TITLE, size: 'Large' }] }] },
            { inlines: [{ text: 'observed *0.04*\n- now' }] },
            { inlines: [{ text: 'Observed\n', weight: 'Bolder' }, { text: '0.04' }] },
            { inlines: [{ text: 'Since\n', weight: 'Bolder' }, { text: '–' }] },
            { inlines: [{ text: 'And 7 more', isSubtle: true }] },
            { inlines: [{ text: 'critical · evt_1', size: 'Small', isSubtle: true }] },
          ],
          actions: [{ type: 'Action.OpenUrl', title: 'Open', url: 'https://example.com/ops?a=1&b=x%7Cy' }],
        },
      },
    ],
  },
  discord: {
    embeds: [
      {
        title: 'Acceptance rate \\< 5% & \\<!channel\\>',
        color: 0xdc2626,
        description: 'observed \\*0.04\\*\n\\- now',
        fields: [
          { name: 'Observed', value: '0.04' },
          { name: 'Since', value: '–' },
        ],
        footer: { text: 'And 7 more · critical · evt_1' },
        timestamp: '2026-04-15T10:00:00.000Z',
        url: 'https://example.com/ops',
      },
    ],
  },
  google_chat: {
    cardsV2: [
      {
        card: {
          header: { title: 'Acceptance rate ‹ 5%', subtitle: '2026-04-15 10:00:00 UTC' },
          sections: [
            {
              widgets: [
                { textParagraph: { text: '<font color="#dc2626"><b>critical</b></font>' } },
                { textParagraph: { text: 'observed &quot;*0.04*&quot;<br>- &lt;b&gt;now' } },
                { decoratedText: { text: '<b>Observed</b><br>0.04', wrapText: true } },
                { textParagraph: { text: 'And 7 more' } },
                { textParagraph: { text: 'evt_1' } },
                { buttonList: { buttons: [{ text: 'Open', onClick: { openLink: { url: 'https://example.com/' } } }] } },
              ],
            },
          ],
        },
      },
    ],
  },
  mattermost: {
    text: '#### Acceptance rate &#60; 5% &#38; &#60;!channel&#62;',
    attachments: [
      {
        color: '#dc2626',
        text: 'observed \\*0\\.04\\*\n\\- now\n\n[Open](https://example.com/ops?a=1&amp;b=2)',
        fields: [{ title: 'Observed', value: '0\\.04' }],
        footer: 'critical · evt\u2060_1',
      },
    ],
  },
}
const read = (platform: string) => chatMessage(platform, JSON.stringify(bodies[platform]))

describe('a chat message', () => {
  it('is read from the blocks of Slack', () => {
    expect(read('slack')).toMatchObject({
      title: TITLE,
      color: '#dc2626',
      text: 'observed *0.04*\n- now',
      fields: FIELDS,
      notes: ['And 7 more'],
      link: { text: 'Open', url: 'https://example.com/ops?a=1&b=x%7Cy' },
      footer: 'critical · evt_1',
    })
  })

  it('is read from a card of Teams', () => {
    expect(read('teams')).toMatchObject({
      title: TITLE,
      tone: 'attention',
      text: 'observed *0.04*\n- now',
      fields: FIELDS,
      notes: ['And 7 more'],
      link: { text: 'Open' },
      footer: 'critical · evt_1',
    })
  })

  it('is read from an embed of Discord, without its backslashes', () => {
    expect(read('discord')).toMatchObject({
      title: TITLE,
      color: '#dc2626',
      text: 'observed *0.04*\n- now',
      fields: FIELDS,
      footer: 'And 7 more · critical · evt_1 · 2026-04-15T10:00:00.000Z',
    })
  })

  it('is read from a card of Google Chat, and its HTML is text', () => {
    expect(read('google_chat')).toMatchObject({
      title: 'Acceptance rate ‹ 5%',
      color: '#dc2626',
      text: 'observed "*0.04*"\n- <b>now',
      fields: [{ name: 'Observed', value: '0.04' }],
      notes: ['critical', 'And 7 more'],
      footer: 'evt_1',
    })
  })

  it('is read from an attachment of Mattermost', () => {
    expect(read('mattermost')).toMatchObject({
      title: TITLE,
      text: 'observed *0.04*\n- now',
      fields: [{ name: 'Observed', value: '0.04' }],
      link: { text: 'Open', url: 'https://example.com/ops?a=1&b=2' },
      footer: 'critical · evt_1',
    })
  })

  it('of another form is not read', () => {
    expect(chatMessage('slack', '{"text": "hi"}')).toBeNull()
    expect(chatMessage('slack', 'not JSON')).toBeNull()
    expect(chatMessage('webhook', '{}')).toBeNull()
  })
})

describe('the HTML of a mail', () => {
  const shown = document.createElement('div')
  afterEach(() => render(null, shown))

  it('keeps known elements, texts and web links, and nothing else', () => {
    const html = `<!doctype html><html><head><style>p { color: red }</style></head><body>
      <div class="preheader">hidden</div><script>alert(1)</script><img src="x" onerror="alert(2)">
      <table class="card evil"><tr><td class="inner" onclick="alert(3)" style="color:red">
      <span class="pill warning">warning</span><h1>custom.a</h1>a &#60; b<br>c
      <a href="https://example.com/">ok</a><a href="javascript:alert(4)">bad</a></td></tr></table></body></html>`
    render(mailContent(html), shown)
    expect(shown.textContent).toContain('a < b')
    expect(shown.textContent).not.toMatch(/hidden|alert/)
    expect(shown.querySelectorAll('script, img, style, h1, [onclick], [style]').length).toBe(0)
    expect([...shown.querySelectorAll('a')].map(link => link.getAttribute('href'))).toEqual([
      'https://example.com/',
      null,
    ])
    expect(shown.querySelector('.mail-h1')?.textContent).toBe('custom.a')
    expect(shown.querySelector('.mail-pill.mail-warning')).not.toBeNull()
    expect(shown.querySelector('table')?.className).toBe('mail-card')
  })
})
