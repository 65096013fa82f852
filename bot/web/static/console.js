// The console works without this file. It adds what htmx leaves out: saying when the connection is lost, a reply box that
// is empty again, with the focus in it, once the reply is stored, and room for more tabs than a browser has connections.
(() => {
  "use strict";
  const SILENT_FOR_TOO_LONG = 45000; // milliseconds; the server says something every 15 s
  const byId = (id) => document.getElementById(id);
  const connection = byId("connection");
  const signedOut = byId("signed-out");
  let lost = false;
  let heardAt = Date.now();

  function say(name) {
    const text = name ? connection.dataset[name] : "";
    if (connection.textContent !== text) connection.textContent = text;
    connection.classList.toggle("good", name === "back");
  }

  function connected() {
    heardAt = Date.now();
    signedOut.hidden = true;
    say(lost ? "back" : "");
    if (lost) setTimeout(() => lost || say(""), 5000);
    lost = false;
  }

  function notConnected(status) {
    lost = true;
    signedOut.hidden = status !== 401;
    say(status === 401 ? "" : "lost");
  }

  const isStream = (event) => event.target instanceof Element && event.target.id === "stream";

  document.addEventListener("htmx:after:sse:connection", connected);
  document.addEventListener("htmx:sse:error", (event) => notConnected(event.detail.status));
  document.addEventListener("htmx:before:sse:message", () => { heardAt = Date.now(); });
  document.addEventListener("htmx:response:error", (event) => {
    if (isStream(event)) notConnected(event.detail.ctx.response.status);
  });
  document.addEventListener("htmx:error", (event) => {
    if (isStream(event)) notConnected();
    else if (event.detail.ctx && !event.detail.ctx.response) say("failed");
  });

  // A connection can die without a word, for instance while a laptop sleeps: end it, and htmx starts another.
  setInterval(() => {
    const reader = byId("stream")?._htmx?.sse?.reader;
    if (reader && Date.now() - heardAt > SILENT_FOR_TOO_LONG) {
      notConnected();
      heardAt = Date.now();
      reader.cancel();
    }
  }, 5000);

  // Over HTTP/1.1 a browser opens six connections to a server, and every page of the console keeps one. So four pages at
  // most keep theirs in the background; the others listen while they are in sight and catch up when they come back.
  let keeps = !navigator.locks || performance.getEntriesByType("navigation")[0]?.nextHopProtocol === "h2";
  const pauses = () => document.hidden && !keeps;

  async function takePlace() {
    for (let place = 1; place <= 4 && !keeps; place += 1) {
      await new Promise((asked) => {
        navigator.locks.request(`saywhy-stream-${place}`, { ifAvailable: true }, (lock) => {
          asked();
          if (!lock) return undefined;
          keeps = true;
          return new Promise(() => {}); // until the page is closed
        });
      });
    }
  }
  if (!keeps) takePlace();

  document.addEventListener("visibilitychange", () => {
    const stream = byId("stream");
    if (pauses()) stream?._htmx?.sse?.reader?.cancel();
    else if (!document.hidden) stream?.dispatchEvent(new Event("resume"));
  });
  document.addEventListener("htmx:before:sse:connection", (event) => {
    if (pauses()) event.preventDefault();
  });
  document.addEventListener("htmx:before:request", (event) => {
    if (isStream(event) && pauses()) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement, response, request } = event.detail.ctx;
    if (sourceElement?.id !== "reply-form" || response?.status !== 200) return;
    say("");
    const box = byId("reply");
    const sent = request.body.get("text").replaceAll("\r\n", "\n");
    if (box && box.value === sent) box.value = "";
    box?.focus();
  });

  document.addEventListener("keydown", (event) => {
    const send = event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;
    if (send && event.target.id === "reply") event.target.form.requestSubmit(byId("send"));
  });
})();
