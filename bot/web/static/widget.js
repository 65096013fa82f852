/*
 * The citizen's chat: one custom element, <saywhy-chat>. Nothing to install, nothing to build.
 *
 *   <script defer src="https://chat.council.example/widget.js" data-server="https://chat.council.example"
 *           data-title="Ask the council"></script>
 *
 * data-server  origin of the gateway; empty means the page's own
 * data-title   text of the launcher and name of the panel
 * A <saywhy-chat> that the page already holds is used; otherwise one is added at the end of the body.
 * Colours, font, radius: the custom properties --saywhy-… at the top of STYLE.
 *
 * Until the citizen opens the chat nothing is stored and nothing is asked of the network. Afterwards localStorage holds
 * the conversation's id and token, the last event and the last message read; sessionStorage whether the panel is open.
 */
(() => {
'use strict';

const KEY = 'saywhy';
const LIMIT = 2000;                        // characters in a message; the gateway has the same limit
const NEAR = 1800;                         // from here on the citizen sees how many are left
const RETRIES = [500, 1000, 2000, 4000];   // ms between the attempts to send one message
const TIMEOUT = 10000;                     // ms for one request
const POLL = 3000;                         // ms between requests while streams do not get through
const STREAM_AGAIN = 60000;                // ms of polling before a stream is tried again
const SILENCE = 20000;                     // ms; the gateway writes at least a comment every 15 s
const PAGE = 100;                          // an answer with this many events may have more behind it
const NOTE = 7000;                         // ms that a passing note stays

const LOST = 'Connection lost. Trying again.';
const BACK = 'Connected again.';
const UNSENT = 'Your message was not sent. You can try again.';
const GONE = 'Your earlier chat has ended. Send a message to start a new one.';
const ENDED = 'The chat has ended.';
const OVERDUE = 'This page is past its review date. Check with us before you rely on it.';
const PERSON = { title: 'Talk to a person', says: 'I want to talk to a person.' };
const ASSISTANT = { title: 'Go back to the assistant', says: 'I want to go back to the assistant.' };

/** The server said no. The message is written for the citizen. */
class Refused extends Error {}
/** The conversation is not there, or no longer ours. */
class Gone extends Refused {}

const storage = {
  read(store, key) { try { return JSON.parse(store().getItem(key)); } catch { return null; } },
  write(store, key, value) {
    try {
      if (value === null) store().removeItem(key);
      else store().setItem(key, JSON.stringify(value));
    } catch { /* A browser may forbid storage. The chat then lasts as long as the page. */ }
  },
};
const local = () => localStorage;
const session = () => sessionStorage;

const newId = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');
const backoff = (failures) => Math.min(15000, 500 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
const lengthOf = (text) => [...text.normalize('NFC')].length;
const alike = (text) => String(text).normalize('NFC').replace(/^[\s/]+/, '').replace(/\s+/g, ' ').trim();

const streaming = async () => (await navigator.locks?.query())?.held.some(({ name }) => name.startsWith(`${KEY}:`));

async function checked(reply) {
  if (reply.ok) return reply;
  if (reply.status >= 500) throw new Error(`HTTP ${reply.status}`);
  let message;
  try { message = (await reply.json()).error.message; } catch { /* no error body: the default below */ }
  const Kind = [401, 404, 410].includes(reply.status) ? Gone : Refused;
  throw new Kind(message || 'The council could not take your message. Change it or try again.');
}

/**
 * One conversation with the gateway: starting, sending, receiving, ending. Knows nothing of the page.
 *
 * Only one tab holds the stream (Web Locks); it passes each event to the others (BroadcastChannel). What is received
 * goes to `hooks`: message(message), mode(mode, name, quiet), working(on), link(up), ready(), over(why), read().
 */
class Conversation {
  constructor(server, hooks) {
    Object.assign(this, { server, hooks, wakers: new Set(), up: true });
    this.reset();
    this.channel = 'BroadcastChannel' in self ? new BroadcastChannel(KEY) : null;
    this.channel?.addEventListener('message', ({ data }) => {
      if (data.id !== this.id) return;
      this.heard = Date.now();
      if (data.event) this.take(data.event);
      else this.connected(data.up);
    });
    addEventListener('storage', (event) => {
      if (event.storageArea === local() && [KEY, null].includes(event.key)) this.resume();
    });
    addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => this.check());
  }

  reset() {
    Object.assign(this, { id: null, token: null, last: 0, read: 0, seen: 0, mode: 'bot', modeAt: -1, leading: false });
  }

  /** Takes up the conversation that storage knows of, if any, and says whether there was one. */
  resume() {
    this.adopt(storage.read(local, KEY));
    return Boolean(this.id);
  }

  /** What storage holds now is what counts, whichever tab wrote it. */
  adopt(saved) {
    if (this.id && saved?.id === this.id) {
      if (saved.read > this.read) { this.read = saved.read; this.hooks.read(); }
      return;
    }
    if (this.id) this.leave('elsewhere');
    if (saved?.id && saved.token) this.begin(saved, true);
  }

  begin({ id, token, read = 0 }, old) {
    Object.assign(this, { id, token, read, heard: Date.now(), life: new AbortController() });
    this.timer = setInterval(() => this.check(), 5000);
    this.run(this.life.signal, old);
  }

  /** Forgets the conversation on this device. `why`: gone (on the server), elsewhere (ended in another tab), ended. */
  leave(why) {
    this.life?.abort();
    this.stop?.abort();
    clearInterval(this.timer);
    if (storage.read(local, KEY)?.id === this.id) storage.write(local, KEY, null);
    this.reset();
    this.connected(true, true);
    this.hooks.over(why);
  }

  save() {
    if (this.id) storage.write(local, KEY, { id: this.id, token: this.token, event: this.last, read: this.read });
  }

  markRead(seq) {
    if (seq <= this.read) return;
    this.read = seq;
    this.save();
  }

  call(method, path, body, { accept = 'application/json', signal = AbortSignal.timeout(TIMEOUT) } = {}) {
    const headers = { Accept: accept };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers['Content-Type'] = 'application/json';
    return fetch(`${this.server}/v1${path}`, {
      method, headers, signal, cache: 'no-store', credentials: 'omit',
      keepalive: Boolean(body),            // a message on its way outlives a change of page
      body: body && JSON.stringify(body),
    });
  }

  pause(ms) {
    return new Promise((resolve) => {
      const wake = () => { clearTimeout(timer); this.wakers.delete(wake); resolve(); };
      const timer = setTimeout(wake, ms);
      this.wakers.add(wake);
    });
  }

  /** The network came back: waits end now, and the stream is opened afresh. */
  hurry() {
    this.stop?.abort();
    for (const wake of [...this.wakers]) wake();
  }

  /** A stream that went silent (sleep, a proxy that buffers, a frozen leading tab) is not waited for. */
  check() {
    if (!this.id || Date.now() - this.heard < SILENCE) return;
    this.heard = Date.now();
    this.nudge();
  }

  nudge() {
    if (this.leading) this.stop?.abort();
    this.catchUp().catch(() => {});
  }

  connected(up, quiet) {
    if (up === this.up) return;
    this.up = up;
    if (this.leading) this.channel?.postMessage({ id: this.id, up });
    if (!quiet) this.hooks.link(up);
  }

  // Receiving ------------------------------------------------------------------------------------------------------

  async run(life, old) {
    for (let failures = 1; old && !life.aborted; failures += 1) {
      try {
        await this.history(life);
        break;
      } catch (error) {
        if (life.aborted) return;
        if (error instanceof Gone) { this.leave('gone'); return; }
        this.connected(false);
        await this.pause(backoff(failures));
      }
    }
    if (life.aborted) return;
    this.connected(true);
    this.hooks.ready();
    if (!navigator.locks) { this.listen(life); return; }
    navigator.locks.request(`${KEY}:${this.id}`, { signal: life }, () => this.listen(life)).catch(() => {});
  }

  /** After a reload: what was read comes back in silence, what is new comes after ready() and is announced. */
  async history(life) {
    const { events, mode } = await this.fetchEvents(0);
    if (life.aborted) return;
    const fresh = events.filter((event) => event.kind === 'message' && event.message.seq > this.read);
    for (const [index, event] of events.entries()) {
      if (!fresh.includes(event)) this.take(event, true);
      if (index % 10 === 9) await this.pause(0); // a long history must not hold the page up
    }
    this.setMode(mode, undefined, events.at(-1)?.id ?? 0, true);
    this.connected(true);
    await this.pause(100); // so that no screen reader takes the two for one change
    this.hooks.ready();
    await this.pause(100);
    if (!life.aborted) for (const event of fresh) this.take(event);
  }

  async fetchEvents(after) {
    const found = { events: [] };
    for (let page = null; !page || page.length >= PAGE;) {
      const from = page ? page.at(-1).id : after;
      const reply = await checked(await this.call('GET', `/conversations/${this.id}/events?after=${from}`));
      ({ events: page, mode: found.mode } = await reply.json());
      found.events.push(...page);
    }
    return found;
  }

  async catchUp() {
    const { id } = this;
    try {
      const { events, mode } = await this.fetchEvents(this.last);
      if (id !== this.id) return;
      this.hear();
      for (const event of events) this.take(event, false, true);
      this.setMode(mode, undefined, this.last);
    } catch (error) {
      if (error instanceof Gone && id === this.id) this.leave('gone');
      throw error;
    }
  }

  hear() {
    this.heard = Date.now();
    if (this.leading) this.channel?.postMessage({ id: this.id, up: true });
  }

  /** Holds the stream until the conversation is left. Polls where streams do not get through. */
  async listen(life) {
    this.leading = true;
    let failures = 0;                      // in a row, of any request
    let breaks = 0;                        // in a row, of streams
    let pollUntil = 0;
    while (!life.aborted) {
      const polling = Date.now() < pollUntil;
      try {
        if (polling) {
          await this.catchUp();
          failures = 0;
          this.connected(true);
          await this.pause(POLL);
          continue;
        }
        await this.stream(() => { failures = 0; breaks = 0; });
      } catch (error) {
        if (error instanceof Gone && !life.aborted) this.leave('gone');
      }
      if (life.aborted) return;
      failures += 1;
      if (!polling) breaks += 1;
      if (breaks >= 3) pollUntil = Date.now() + STREAM_AGAIN;
      // One break says little: proxies cut long streams. Two are worth a word.
      if (failures >= 2) this.connected(false);
      await this.pause(backoff(failures));
    }
  }

  async stream(alive) {
    const stop = this.stop = new AbortController();
    this.heard = Date.now();
    const accept = 'text/event-stream';
    const path = `/conversations/${this.id}/events?after=${this.last}`;
    const reply = await checked(await this.call('GET', path, null, { accept, signal: stop.signal }));
    if (!reply.headers.get('Content-Type')?.startsWith(accept)) throw new Error('not a stream');
    this.connected(true);
    this.hooks.working(false);             // its end may have gone by while the stream was down
    const reader = reply.body.getReader();
    const decoder = new TextDecoder();
    for (let rest = ''; ;) {
      const { done, value } = await reader.read();
      if (done || stop.signal.aborted) return;
      alive();
      this.hear();
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = parts.pop();
      for (const part of parts) {
        const data = part.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5));
        if (data.length) this.take(JSON.parse(data.join('\n')), false, true);
      }
    }
  }

  take(event, quiet, share) {
    if (share) this.channel?.postMessage({ id: this.id, event });
    if (event.kind === 'working') { this.hooks.working(event.on); return; }
    if (event.id > this.last) {
      this.last = event.id;
      if (!quiet) this.save();
    }
    if (event.kind === 'mode') this.setMode(event.mode, event.name, event.id, quiet);
    if (event.kind === 'message') {
      this.seen = Math.max(this.seen, event.message.seq);
      this.hooks.message(event.message);
    }
  }

  setMode(mode, name, at, quiet) {
    if (at < this.modeAt || (name === undefined && mode === this.mode)) return;
    const changed = mode !== this.mode || this.modeAt < at;
    Object.assign(this, { mode, modeAt: at });
    if (changed) this.hooks.mode(mode, name, quiet);
  }

  // Sending --------------------------------------------------------------------------------------------------------

  /** Makes a conversation on the server unless there is one. Two tabs that do so at once end in the same one. */
  async start() {
    if (this.id) return;
    const make = async () => {
      // Storage may reach this tab late; locks do not. A stream held elsewhere means that there is a chat to wait for.
      for (let waits = 0; !this.resume() && waits < 40 && await streaming(); waits += 1) await this.pause(50);
      if (this.id) return;
      const made = await (await checked(await this.call('POST', '/conversations', {}))).json();
      this.begin(made, false);
      this.save();
    };
    await (navigator.locks ? navigator.locks.request(`${KEY}-new`, make) : make());
  }

  /**
   * Sends `item` ({id, body}) and gives the stored message, or null when there is nothing to show.
   * Network errors and 5xx are tried again with the same id, then thrown. Throws Refused on 4xx.
   */
  async post(item) {
    for (const wait of [...RETRIES, null]) {
      try {
        await this.start();
        const body = { client_msg_id: item.id, ...item.body };
        const reply = await checked(await this.call('POST', `/conversations/${this.id}/messages`, body));
        const { message } = await reply.json();
        setTimeout(() => { if (message && this.id && this.seen < message.seq) this.nudge(); }, POLL);
        return message;
      } catch (error) {
        // A 404 may also mean an old button. Only reading tells whether the conversation itself is gone.
        if (error instanceof Gone && this.id) {
          await this.catchUp().catch(() => {});
          if (!this.id) throw error;
        }
        if (error instanceof Refused) throw new Refused(error.message);
        if (wait === null) throw error;
      }
      await this.pause(wait * (0.75 + Math.random() / 2));
      if (item.done) return null;
    }
    return null;
  }

  /** Ends the conversation on the server and forgets it here. Throws when the server cannot be reached. */
  async end() {
    if (this.id) {
      try {
        await checked(await this.call('DELETE', `/conversations/${this.id}`));
      } catch (error) {
        if (!(error instanceof Gone)) throw error;
      }
    }
    this.leave('ended');
  }
}

// Building the page: text nodes only ---------------------------------------------------------------------------------

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child));
  return node;
}

/** An address may be broken after '/', '.' and '-', so that no word in it is. */
const breakable = (text) => (String(text).match(/.+?([/.-](?=[a-z])|$)/gis) || [])
  .flatMap((part, n) => (n ? [el('wbr'), part] : part));

function link(text, href) {
  let url = null;
  try { url = new URL(href); } catch { /* not an address: plain text */ }
  const safe = url && ['https:', 'tel:', 'mailto:'].includes(url.protocol);
  return safe ? el('a', { href: url.href }, ...breakable(text)) : String(text);
}

const array = (value) => (Array.isArray(value) ? value : []);

function inlines(parts) {
  return array(parts).map((part) => {
    const text = String(part?.t ?? '');
    const shown = part?.href ? link(text, part.href) : text;
    return part?.strong ? el('strong', {}, shown) : shown;
  });
}

function blocks(list) {
  return array(list).map((block) => {
    const dir = 'auto';
    if (block?.p) return el('p', { dir, lang: block.lang || false }, ...inlines(block.p));
    if (block?.heading) return el('h3', { dir }, String(block.heading));
    const items = array(block?.list).map((item) => el('li', {}, ...inlines(item)));
    return items.length ? el(block.ordered ? 'ol' : 'ul', { dir }, ...items) : null;
  }).filter(Boolean);
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** 2026-09-14 as 14 September 2026. By hand: the browser's own formatter takes long to start. */
function day(iso) {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso) || [];
  return year ? `${Number(date)} ${MONTHS[month - 1]} ${year}` : String(iso);
}

const hiddenText = (text) => el('span', { class: 'vh' }, text);
const show = (node, text) => { node.textContent = text || ''; node.hidden = !text; };
const characters = (count) => `${count} character${count === 1 ? '' : 's'}`;

const STYLE = `
:host { all: initial; color-scheme: light; }
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root {
  --brand: var(--saywhy-brand, #12495c); --on: var(--saywhy-brand-text, #fff);
  --ink: var(--saywhy-text, #16222b); --soft: var(--saywhy-muted, #4b5963); --line: var(--saywhy-line, #74828c);
  --paper: var(--saywhy-surface, #fff); --wash: var(--saywhy-wash, #f3f6f7); --tint: var(--saywhy-tint, #dcebf0);
  --warn: #8a2b0d; --r: var(--saywhy-radius, .5em);
  /* The larger of the reader's own size and the page's: some pages shrink theirs to 10 px. */
  font: 400 max(1em, 1rem)/1.5 var(--saywhy-font, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif);
  color: var(--ink); text-align: start; overflow-wrap: anywhere;
}
.vh {
  position: absolute !important; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
p, h2, h3, ul, ol, form { margin: 0; padding: 0; }
a { color: var(--brand); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: .15em; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button {
  min-height: 2.75em; padding: .45em .9em; border: 2px solid var(--brand); border-radius: var(--r);
  background: var(--paper); color: var(--brand); font-weight: 600; line-height: 1.3; cursor: pointer;
}
button:hover { background: var(--tint); }
:focus-visible { outline: 3px solid #10181f; outline-offset: 2px; box-shadow: 0 0 0 2px #ffd23f; }
.main, .launcher { background: var(--brand); color: var(--on); }
.main:hover, .launcher:hover { background: linear-gradient(#0004 0 0) var(--brand); }
.quiet { border-color: transparent; background: none; text-decoration: underline; text-underline-offset: .15em; }
.launcher {
  position: fixed; z-index: 2147483000; right: 1em; bottom: 1em; max-width: calc(100vw - 2em); min-height: 3.25em;
  padding: .6em 1.3em; border-color: var(--on); box-shadow: 0 .15em .9em #0005;
}
.badge {
  margin-inline-start: .35em; padding: .1em .55em; border: 1px solid transparent; border-radius: 1em;
  background: var(--on); color: var(--brand);
}
.panel {
  position: fixed; z-index: 2147483001; right: 1em; bottom: 5.25em; width: min(26em, calc(100vw - 2em));
  height: min(44em, calc(100vh - 6.25em)); height: min(44em, calc(100dvh - 6.25em));
  display: flex; flex-direction: column; overflow: auto; background: var(--paper);
  border: 1px solid var(--line); border-radius: var(--r); box-shadow: 0 .4em 2em #0004;
}
.head {
  display: flex; align-items: center; gap: .75em; padding: .6em .6em .6em 1em;
  background: var(--brand); color: var(--on);
}
.names { flex: 1; min-width: 0; }
h2 { font-size: 1.2em; line-height: 1.25; font-weight: 700; }
.sub { font-size: .95em; line-height: 1.35; }
.head button { background: none; color: var(--on); border-color: currentColor; }
.head button:hover { background: #fff3; }
.bar { display: flex; justify-content: space-between; gap: .25em; padding: .6em .6em .6em 1em; }
.top { border-bottom: 1px solid var(--line); }
.bar .quiet { flex: none; padding-inline: .5em; }
.confirm { padding: .8em 1em; border-top: 1px solid var(--line); }
.confirm div { display: flex; flex-wrap: wrap; gap: .6em; margin-top: .6em; }
.scroll {
  position: relative; flex: 1 1 6em; min-height: 4.5em; overflow-y: auto; overscroll-behavior: contain;
  padding: 1em; background: var(--wash);
}
.scroll:focus-visible { outline-offset: -3px; box-shadow: inset 0 0 0 5px #ffd23f; }
.intro { color: var(--soft); font-size: .95em; }
.intro > * + * { margin-top: .5em; }
.entry { margin-top: .35em; display: flex; flex-direction: column; align-items: flex-start; }
.entry.turn { margin-top: 1.1em; }
.who { color: var(--soft); font-size: .9em; font-weight: 600; margin-bottom: .15em; }
.bubble {
  max-width: 92%; padding: .65em .9em; background: var(--paper); border: 1px solid #c9d2d8; border-radius: var(--r);
  unicode-bidi: isolate;
}
.bubble > * + * { margin-top: .6em; }
.bubble h3 { font-size: 1em; font-weight: 700; margin-top: 1em; }
.bubble ul, .bubble ol { padding-inline-start: 1.4em; }
.bubble li + li { margin-top: .3em; }
.plain { white-space: pre-wrap; }
.citizen { align-items: flex-end; }
.citizen .bubble { background: var(--tint); border-color: #b5ced8; }
.system { align-items: stretch; }
.system .bubble { max-width: none; background: none; border-width: 1px 0; border-radius: 0; padding-inline: 0; }
.more { padding-inline: 0 .5em; margin-inline-start: -2px; text-align: start; }
.more::after { content: "+"; display: inline-block; width: 1em; margin-inline-start: .35em; text-align: center; }
.more[aria-expanded=true]::after { content: "\\2212"; }
.extra > * + * { margin-top: .6em; }
.source { padding-top: .6em; border-top: 1px solid #c9d2d8; font-size: .95em; color: var(--soft); }
.overdue, .error, .failed .state { color: var(--warn); font-weight: 600; }
.overdue, .error { padding-inline-start: .7em; border-inline-start: 4px solid var(--warn); }
.error { margin-block-end: .3em; }
.state { display: flex; align-items: center; gap: .6em; margin-top: .2em; font-size: .9em; color: var(--soft); }
.state button { min-height: 3.06em; }
.choices { display: flex; flex-wrap: wrap; gap: .5em; margin-top: .6em; }
.line { padding: .4em 1em; border-top: 1px solid #c9d2d8; color: var(--ink); font-size: .95em; }
form {
  display: grid; grid-template-columns: 1fr auto; gap: .4em .6em; align-items: end; padding: .6em 1em .9em;
  border-top: 1px solid var(--line);
}
label, .error, .count { grid-column: 1 / -1; }
label { font-weight: 600; }
textarea {
  width: 100%; min-width: 0; min-height: 2.75em; max-height: 9em; padding: .55em .7em;
  border: 2px solid var(--line); border-radius: var(--r); background: var(--paper);
  line-height: 1.4; resize: none; field-sizing: content;
}
textarea[aria-invalid=true] { border-color: var(--warn); }
.count { font-size: .95em; color: var(--soft); }
@media (max-width: 34em), (max-height: 36em) {
  .panel {
    inset: 0; top: var(--top, 0); width: auto; height: 100vh; height: var(--height, 100dvh);
    border: 0; border-radius: 0;
  }
  .open .launcher { display: none; }
  .scroll { padding: .75em; }
  .bot .bubble { max-width: none; }
  .head { gap: .4em; padding-inline: .75em .5em; }
  h2 { font-size: 1em; }
}
@media (max-height: 42em) {
  .head, .bar { padding-block: .3em; }
  .bubble { padding-block: .5em; line-height: 1.35; }
  .bubble > * + * { margin-top: .45em; }
  form { padding-block: .3em .5em; gap: .2em .6em; }
}
@media (max-height: 26em) {
  .names { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .top { display: flex; gap: .25em; padding: .2em; font-size: .9em; }
  .top:has(.confirm:not([hidden])) :is(.head, .bar) { display: none; }
  .confirm { flex: 1; padding: .3em .5em; border: 0; }
  .head, .bar { padding: 0; background: none; }
  .top button { min-height: 3.06em; padding-inline: .5em; line-height: 1.15; }
  .head button { color: var(--brand); border-color: var(--brand); }
  .bar { flex: 1; }
  .scroll { padding: .4em .75em; }
  .line { padding-block: .15em; }
  textarea { max-height: 4.2em; }
  form { padding: .25em .5em .4em; gap: .1em .4em; }
}
@media (max-width: 15em) { form { grid-template-columns: 1fr; } }
@media (prefers-reduced-motion: no-preference) {
  @keyframes rise { from { opacity: 0; transform: translateY(.6em); } }
  .panel { animation: rise .15s ease-out; }
}
@media (forced-colors: active) {
  .bubble, .launcher, .head { border: 1px solid; }
  .citizen .bubble { border-width: 2px; }
  .source, .line { border-color: CanvasText; }
  :focus-visible { outline-color: Highlight; }
}
@media print { .root { display: none; } }
`;

/** What the citizen sees and hears of a conversation, in the shadow root of `host`. */
class View {
  constructor(host) {
    Object.assign(this, { host, council: {}, mode: 'bot', staff: null, up: true, prefix: '' });
    // Messages by seq; what is on its way; what may be the stored form of something on its way.
    Object.assign(this, { shown: new Map(), pending: [], held: [], queue: Promise.resolve() });
    this.title = host.dataset.title || 'Chat with the council';
    this.build();
    this.conversation = new Conversation((host.dataset.server || '').replace(/\/+$/, ''), {
      message: (message) => this.put(message),
      mode: (mode, name, quiet) => this.setMode(mode, name, quiet),
      working: (on) => this.setWorking(on),
      link: (up) => { this.up = up; this.note(up ? BACK : this.orPhone(LOST)); },
      ready: () => { this.log.setAttribute('aria-live', 'polite'); this.toEnd(); },
      over: (why) => this.over(why),
      read: () => this.refresh(),
    });
    this.listen();
    this.describe();
    this.refresh();
    if (this.conversation.resume()) this.askCouncil();
    if (storage.read(session, KEY)) this.open(false);
  }

  build() {
    const button = (text, onclick, kind = '') => el('button', { type: 'button', class: kind, onclick }, text);
    this.badge = el('span', { class: 'badge', hidden: true });
    this.launcher = button(this.title, () => (this.isOpen ? this.close() : this.open(true)), 'launcher');
    this.launcher.setAttribute('aria-controls', 'panel');
    this.launcher.setAttribute('aria-expanded', 'false');
    this.launcher.append(' ', this.badge);
    this.sub = el('p', { class: 'sub' });
    this.person = button('', () => this.askFor(this.mode === 'bot' ? 'person' : 'bot'));
    this.endButton = button('End chat', () => this.confirmEnd(true), 'quiet');
    this.bar = el('div', { class: 'bar' }, this.person, this.endButton);
    this.question = el('p', { id: 'question', tabindex: '-1' }, 'End this chat? You cannot open it again.');
    this.confirm = el('div', { class: 'confirm', role: 'group', 'aria-labelledby': 'question', hidden: true },
      this.question,
      el('div', {},
        button('End the chat', () => this.end(), 'main'),
        button('Keep chatting', () => this.confirmEnd(false))));
    this.intro = el('div', { class: 'intro', id: 'intro' });
    // Not live until the history is in: a reload must not read it all out again.
    this.log = el('div', { role: 'log', 'aria-label': 'Messages', 'aria-live': 'off', 'aria-relevant': 'additions' });
    this.scroll = el('div', { class: 'scroll', role: 'group', 'aria-label': 'Conversation', tabindex: '0' },
      this.intro, this.log);
    this.line = el('p', { class: 'line', hidden: true });
    this.error = el('p', { class: 'error', id: 'error', hidden: true });
    this.count = el('p', { class: 'count', id: 'count', hidden: true });
    this.field = el('textarea', { id: 'field', rows: '1', dir: 'auto', 'aria-describedby': 'intro count error' });
    this.form = el('form', {}, el('label', { for: 'field' }, 'Your message'), this.error, this.field,
      el('button', { class: 'main' }, 'Send'), this.count);
    const names = el('div', { class: 'names' }, el('h2', { id: 'title' }, this.title), this.sub);
    const head = el('div', { class: 'head' }, names, button('Close', () => this.close()));
    this.panel = el('div', { class: 'panel', id: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true },
      el('div', { class: 'top' }, head, this.bar, this.confirm), this.scroll, this.line, this.form);
    this.status = el('div', { role: 'status', class: 'vh' });
    this.root = el('div', { class: 'root', lang: 'en', role: 'region', 'aria-label': this.title },
      this.launcher, this.panel, this.status);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    const shadow = this.host.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.root);
  }

  listen() {
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.submit(); });
    this.field.addEventListener('input', () => { this.fail(''); this.counter(); });
    this.field.addEventListener('keydown', (event) => {
      // 229: some browsers end the composition just before this Enter.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    });
    this.panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      if (this.confirm.hidden) this.close(); else this.confirmEnd(false);
    });
    document.addEventListener('visibilitychange', () => this.refresh());
    // Focus that Tab takes to something wholly under the panel would be lost from sight.
    document.addEventListener('focusin', ({ target }) => {
      if (!this.isOpen || target === this.host) return;
      const [it, over] = [target, this.panel].map((node) => node.getBoundingClientRect());
      if (it.left >= over.left && it.right <= over.right && it.top >= over.top && it.bottom <= over.bottom) this.shut();
    });
    addEventListener('beforeunload', (event) => {
      if (this.pending.some((item) => item.failed)) event.preventDefault();
    });
    // Who reads at the end stays there when something is added or the area shrinks; who has scrolled up is left alone.
    this.scroll.addEventListener('scroll', () => {
      this.stuck = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60;
    });
    new ResizeObserver(() => { if (this.stuck) this.toEnd(); }).observe(this.scroll);
    // The keyboard of a phone covers the page without making it smaller.
    const view = window.visualViewport;
    view?.addEventListener('resize', () => {
      if (Math.abs(view.scale - 1) > 0.01) return;
      this.root.style.setProperty('--height', `${view.height}px`);
      this.root.style.setProperty('--top', `${view.offsetTop}px`);
    });
  }

  // Opening and closing --------------------------------------------------------------------------------------------

  get isOpen() { return !this.panel.hidden; }
  get live() { return this.log.getAttribute('aria-live') === 'polite'; }

  /** Shows the panel. `byCitizen` is false when a page load only puts it back as it was: focus then stays put. */
  open(byCitizen) {
    this.panel.hidden = false;
    this.root.classList.add('open');
    this.launcher.setAttribute('aria-expanded', 'true');
    storage.write(session, KEY, true);
    this.askCouncil();
    this.refresh();
    if (!this.conversation.id) this.log.setAttribute('aria-live', 'polite');
    this.toEnd();
    if (byCitizen) this.field.focus();
  }

  close() {
    this.shut();
    this.launcher.focus();
  }

  shut() {
    this.panel.hidden = true;
    this.confirm.hidden = true;
    this.root.classList.remove('open');
    this.launcher.setAttribute('aria-expanded', 'false');
    storage.write(session, KEY, null);
    this.refresh();
  }

  async askCouncil() {
    if (this.council.name || this.asking) return;
    this.asking = true;
    try {
      this.council = await (await checked(await this.conversation.call('GET', '/council'))).json();
    } catch { /* The chat works without; asked again at the next opening. */ }
    this.asking = false;
    this.describe();
    for (const { node, message } of this.shown.values()) {
      if (message.sender === 'bot') node.querySelector('.who').firstChild.data = this.speaker(message);
    }
  }

  // What is said around the messages -------------------------------------------------------------------------------

  get assistant() { return this.council.assistant || 'The assistant'; }
  get colleague() { return `${this.staff || 'Someone'} from the council`; }
  orPhone(text) { return this.council.phone ? `${text} You can also phone ${this.council.phone}.` : text; }

  say(text) {
    this.status.replaceChildren(text);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.status.replaceChildren(), NOTE);
  }

  /** Says a change of state once, to ears and eyes. */
  note(text) {
    this.say(text);
    this.passing = text;
    clearTimeout(this.passed);
    this.passed = setTimeout(() => { this.passing = ''; this.refresh(); }, NOTE);
    this.refresh();
  }

  setMode(mode, name, quiet) {
    const before = this.mode;
    this.mode = mode;
    if (name !== undefined || mode !== 'human') this.staff = name || null;
    this.describe();
    this.refresh();
    if (quiet) return;
    if (mode === 'human') this.say(`${this.colleague} has joined the chat.`);
    else if (mode === 'waiting') this.say('You are waiting for a person.');
    else if (before !== 'bot') this.say('You are talking to the automated assistant again.');
  }

  setWorking(on) {
    clearTimeout(this.workingTimer);
    if (on) this.workingTimer = setTimeout(() => this.setWorking(false), SILENCE);
    if (on === Boolean(this.working)) return;
    this.working = on;
    if (this.writing && this.isOpen) this.say(this.writing);
    this.refresh();
  }

  /** It is the assistant that works. While a person has the chat, that is nothing to wait for. */
  get writing() { return this.working && this.mode === 'bot' && `${this.assistant} is writing.`; }

  describe() {
    const { council } = this;
    const first = {
      bot: 'You are talking to an automated assistant.',
      waiting: 'You are waiting for a person. They will read what you write.',
      human: `You are talking to ${this.colleague}.`,
    }[this.mode];
    const lines = [
      [el('strong', {}, first), ' Do not share bank or card details. A message can have up to 2,000 characters.'],
    ];
    if (council.notice) lines.push([String(council.notice)]);
    if (council.phone) {
      const phone = link(council.phone, `tel:${String(council.phone).replace(/[^+\d]/g, '')}`);
      lines.push(['You can also phone ', phone, '. ', council.hours && `${council.hours}.`]);
    }
    if (council.privacy_url) lines.push([link('How we use what you write', council.privacy_url)]);
    this.intro.replaceChildren(...lines.map((line) => el('p', {}, ...line)));
  }

  /** Brings everything that follows from the state up to date: names, buttons, choices, unread count, lines. */
  refresh() {
    const { mode } = this;
    const sub = { bot: 'Automated assistant', waiting: 'Waiting for a person', human: `With ${this.colleague}` };
    this.sub.textContent = sub[mode];
    this.person.textContent = (mode === 'bot' ? PERSON : ASSISTANT).title;
    this.endButton.hidden = !this.conversation.id;
    show(this.line, (!this.up && this.orPhone(LOST)) || this.writing || this.passing);
    this.choose();
    this.unread();
  }

  unread() {
    const { conversation, prefix } = this;
    if (this.isOpen && document.visibilityState === 'visible') conversation.markRead(Math.max(0, ...this.shown.keys()));
    let count = 0;
    for (const { message } of this.shown.values()) {
      if (message.sender !== 'citizen' && message.seq > conversation.read) count += 1;
    }
    show(this.badge, count && `${count} unread`);
    this.prefix = count ? `(${count}) ` : '';
    const title = document.title.startsWith(prefix) ? document.title.slice(prefix.length) : document.title;
    if (prefix !== this.prefix) document.title = this.prefix + title;
  }

  // Messages -------------------------------------------------------------------------------------------------------

  speaker(message) {
    if (message.sender === 'citizen') return 'You';
    if (message.sender === 'staff') return `${message.name || 'Someone'} from the council`;
    return message.sender === 'bot' ? message.name || this.assistant : '';
  }

  fill(node, message) {
    const who = this.speaker(message);
    const rich = blocks(message.blocks);
    const more = blocks(message.more);
    const { source } = message;
    node.className = `entry ${who ? message.sender : 'system'}`;
    if (message.lang) node.setAttribute('lang', message.lang);
    const bubble = el('div', { class: 'bubble' }, ...rich);
    if (!rich.length) bubble.append(el('p', { class: 'plain', dir: 'auto' }, String(message.text ?? '')));
    if (more.length) {
      const extra = el('div', { class: 'extra', hidden: true }, ...more);
      const onclick = () => {
        extra.hidden = !extra.hidden;
        toggle.setAttribute('aria-expanded', !extra.hidden);
      };
      const toggle = el('button', { type: 'button', class: 'more quiet', 'aria-expanded': 'false', onclick },
        message.more_title || 'More', source && hiddenText(` about ${source.title}`));
      bubble.append(toggle, extra);
    }
    if (source) {
      const checked = source.checked && `, checked ${day(source.checked)}`;
      bubble.append(el('p', { class: 'source' }, 'Source: ', link(source.title, source.url), checked));
      if (source.overdue) bubble.append(el('p', { class: 'overdue' }, OVERDUE));
    }
    node.replaceChildren(who ? el('p', { class: 'who' }, who, hiddenText(' said')) : hiddenText('Notice'), bubble);
  }

  /** Shows a message once, at its place. */
  put(message) {
    if (this.shown.has(message.seq)) return;
    if (message.sender === 'citizen') {
      const mine = this.pending.find((item) => alike(item.label) === alike(message.text));
      if (mine) { this.settle(mine, message); return; }
      // It may be the one on its way, changed by the server. The answer to the POST will tell.
      if (this.pending.some((item) => !item.failed)) { this.held.push(message); return; }
    } else if (this.working) this.setWorking(false);
    const node = el('div');
    this.fill(node, message);
    this.place(node, message);
    if (message.sender !== 'citizen' && !this.isOpen && message.seq > this.conversation.read && this.live) {
      this.say(`New message from ${this.speaker(message) || 'the council'}.`);
    }
  }

  place(node, message) {
    let before = null;
    let after = null;
    for (const [seq, entry] of this.shown) {
      if (seq < message.seq && (!before || seq > before.message.seq)) before = entry;
      if (seq > message.seq && (!after || seq < after.message.seq)) after = entry;
    }
    const follows = (first, second) => !first || !second
      || first.compareDocumentPosition(second) & Node.DOCUMENT_POSITION_FOLLOWING;
    // A node that stands right is not moved: moving would read it out again.
    if (node.parentNode !== this.log || !follows(before?.node, node) || !follows(node, after?.node)) {
      if (before) before.node.after(node);
      else if (after) after.node.before(node);
      else this.log.append(node);
    }
    this.shown.set(message.seq, { message, node });
    if (this.live && message.sender !== 'citizen') this.first ||= node;
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => this.arranged()); // once for all that came together
  }

  arranged() {
    const { first } = this;
    this.due = this.first = null;
    this.names();
    this.refresh();
    if (!this.stuck || !this.live) return;
    this.toEnd();
    if (!first) return;
    // What is longer than the panel is shown from its beginning.
    const above = this.scroll.getBoundingClientRect().top + 4 - first.getBoundingClientRect().top;
    if (above > 0) this.scroll.scrollTop -= above;
  }

  /** The speaker's name is seen once for several messages in a row; it is always there for screen readers. */
  names() {
    let last = '';
    for (const node of this.log.children) {
      const who = node.querySelector('.who');
      const name = who?.textContent ?? '';
      node.classList.toggle('turn', name !== last || !name);
      who?.classList.toggle('vh', name === last || node.classList.contains('citizen'));
      last = name;
    }
  }

  toEnd() { this.stuck = true; this.scroll.scrollTop = this.scroll.scrollHeight; }

  /** Quick replies: only at the newest message, and only while the assistant is the one to answer. */
  choose() {
    let newest = null;
    for (const entry of this.shown.values()) {
      if (entry.message.sender !== 'system' && !(entry.message.seq < newest?.message.seq)) newest = entry;
    }
    const { sender, buttons, seq } = newest?.message ?? {};
    const busy = this.mode !== 'bot' || this.pending.some((item) => !item.failed);
    const offer = sender === 'bot' && array(buttons).length && !busy;
    if (this.choices?.seq === (offer ? seq : undefined)) return;
    if (this.choices) {
      const focused = this.choices.group.contains(this.host.shadowRoot.activeElement);
      this.choices.group.remove();
      this.choices = null;
      if (focused) this.field.focus();
    }
    if (!offer) return;
    const group = el('div', { class: 'choices', role: 'group', 'aria-label': 'Suggested replies' });
    for (const { id, title } of buttons) {
      const onclick = () => { this.send({ button: id }, title); this.field.focus(); };
      group.append(el('button', { type: 'button', onclick }, String(title)));
    }
    newest.node.append(group);
    this.choices = { seq, group };
  }

  // Sending --------------------------------------------------------------------------------------------------------

  fail(text) {
    show(this.error, text);
    this.field.setAttribute('aria-invalid', Boolean(text));
    if (text) this.say(text);
  }

  counter() {
    const left = LIMIT - lengthOf(this.field.value.trim());
    const text = left > LIMIT - NEAR ? '' : `You have ${characters(Math.abs(left))} ${left < 0 ? 'too many' : 'left'}.`;
    show(this.count, text);
    clearTimeout(this.counting);
    if (text) this.counting = setTimeout(() => this.say(text), 1000);
    return left >= 0;
  }

  submit() {
    const text = this.field.value.normalize('NFC').trim();
    if (!text) { this.fail('Type a message first.'); return; }
    if (!this.counter()) { this.fail('Your message is too long. Make it 2,000 characters or fewer.'); return; }
    this.field.value = '';
    this.fail('');
    this.counter();
    this.send({ text }, text);
  }

  askFor(action) {
    if (this.pending.some((item) => item.body.action === action && !item.failed)) return;
    this.send({ action }, (action === 'person' ? PERSON : ASSISTANT).says);
  }

  send(body, label) {
    const item = { id: newId(), body, label: String(label), node: el('div') };
    this.fill(item.node, { sender: 'citizen', text: item.label });
    this.pending.push(item);
    this.deliver(item);
    this.log.append(item.node);
    this.names();
    this.refresh();
    this.toEnd();
  }

  /** One message after the other, so that they arrive in the order in which they were written. */
  deliver(item) {
    item.failed = false;
    item.node.classList.remove('failed');
    item.state?.remove();
    item.state = el('p', { class: 'state' }, 'Sending');
    item.node.append(item.state);
    this.queue = this.queue.then(async () => {
      if (item.done) return;
      try {
        this.settle(item, await this.conversation.post(item));
      } catch (error) {
        if (item.done) return;
        if (error instanceof Refused) this.bounce(item, error);
        else this.keep(item);
      } finally {
        for (const message of this.held.splice(0)) this.put(message);
        this.refresh();
      }
    });
  }

  settle(item, message) {
    const known = message && this.shown.has(message.seq);
    if (!item.done) {
      this.drop(item);
      if (!message || known) item.node.remove();
      else {
        if (message.text !== item.label || message.sender !== 'citizen') this.fill(item.node, message);
        this.place(item.node, message);
      }
    } else if (message && !known) this.put(message);
  }

  drop(item) {
    item.done = true;
    item.state?.remove();
    item.node.classList.remove('failed');
    this.pending.splice(this.pending.indexOf(item), 1);
  }

  /** The server refused it: the words go back to where they were written. */
  bounce(item, error) {
    this.drop(item);
    item.node.remove();
    this.giveBack(item);
    this.fail(error.message);
    this.field.focus();
  }

  giveBack(item) {
    if (!item.body.text) return;
    this.field.value = [item.body.text, this.field.value].filter(Boolean).join('\n');
    this.counter();
  }

  /** It could not be sent for now: it stays where it is, with a button. */
  keep(item) {
    item.failed = true;
    item.node.classList.add('failed');
    const onclick = () => { this.deliver(item); this.refresh(); this.field.focus(); };
    item.state.replaceChildren('Not sent', el('button', { type: 'button', onclick }, 'Try again'));
    this.note(this.orPhone(UNSENT));
  }

  // Ending ---------------------------------------------------------------------------------------------------------

  confirmEnd(ask) {
    this.confirm.hidden = !ask;
    (ask ? this.question : this.endButton).focus();
  }

  async end() {
    try {
      await this.conversation.end();
      this.field.focus();
    } catch {
      this.note('The chat could not be ended. Try again.');
    }
  }

  /** The conversation is over; see Conversation.leave for `why`. Words that were not sent go back to the field. */
  over(why) {
    for (const item of [...this.pending]) { this.drop(item); item.node.remove(); this.giveBack(item); }
    Object.assign(this, { mode: 'bot', staff: null, up: true, held: [] });
    this.describe();
    this.shown.clear();
    this.setWorking(false);
    this.confirm.hidden = true;
    this.log.setAttribute('aria-live', 'polite');
    if (why === 'gone') {
      const notice = el('div');
      this.fill(notice, { sender: 'system', text: GONE });
      this.log.append(notice);
      this.refresh();
    } else {
      this.log.replaceChildren();
      this.note(ENDED);
    }
    this.toEnd();
  }
}

const script = document.currentScript;
customElements.define('saywhy-chat', class extends HTMLElement {
  connectedCallback() { this.view ??= new View(this); }
});
if (script && !document.querySelector('saywhy-chat')) {
  const chat = document.createElement('saywhy-chat');
  for (const name of ['server', 'title']) if (script.dataset[name]) chat.dataset[name] = script.dataset[name];
  document.body.append(chat);
}
})();
