// Tributary for sites without npm: <script src="https://your-server/script.js" defer></script>
// Keeps the click's id (refp_id) that a partner's link brought along in a cookie of this site for 90 days, and takes it out of the address. It asks no
// server for anything. What it does by itself: data-cookie-domain, data-keep-url and data-manual on the script's tag say otherwise.
(() => {
  "use strict";
  const NAME = "refp_id";
  const MAX_AGE = 7776000;
  const tag = document.currentScript;
  const base = tag && tag.src ? new URL(tag.src).origin : "";
  const has = (name) => Boolean(tag && tag.dataset[name] !== undefined);

  function read(name) {
    for (const pair of document.cookie.split("; ")) {
      const at = pair.indexOf("=");
      if (at > 0 && pair.slice(0, at) === encodeURIComponent(name)) {
        try {
          return decodeURIComponent(pair.slice(at + 1));
        } catch {
          return pair.slice(at + 1);
        }
      }
    }
    return null;
  }

  function write(name, value, options) {
    let cookie = encodeURIComponent(name) + "=" + encodeURIComponent(value);
    cookie += "; Max-Age=" + options.maxAge + "; Path=" + (options.path || "/");
    if (options.domain) cookie += "; Domain=" + options.domain;
    cookie += "; SameSite=" + (options.sameSite || "Lax");
    const secure = options.secure === undefined ? location.protocol === "https:" : options.secure;
    if (secure) cookie += "; Secure";
    document.cookie = cookie;
  }

  // Of several clicks the last one counts: an id in the address replaces the one that is kept.
  function init(options = {}) {
    const cookieName = options.cookieName || NAME;
    const paramName = options.paramName || NAME;
    const url = new URL(location.href);
    const clickId = url.searchParams.get(paramName);
    if (clickId) {
      const maxAge = options.maxAge === undefined ? MAX_AGE : options.maxAge;
      write(cookieName, clickId, { ...options, maxAge });
      if (options.cleanUrl !== false) {
        const kept = url.search.slice(1).split("&").filter((pair) => pair.split("=")[0] !== paramName);
        const query = kept.filter(Boolean).join("&");
        history.replaceState(history.state, "", url.pathname + (query ? "?" + query : "") + url.hash);
      }
      return { tracked: true, clickId, source: "url" };
    }
    const known = read(cookieName);
    return { tracked: false, clickId: known || null, source: known ? "cookie" : null };
  }

  function getClickId(cookieName) {
    return read(cookieName || NAME);
  }

  function reset(options = {}) {
    write(options.cookieName || NAME, "", { ...options, maxAge: 0 });
  }

  // Shows the portal: the token comes from your server, POST /api/embed/token.
  function createEmbed(target, options) {
    const query = new URLSearchParams({ token: options.token, dynamicHeight: "true" });
    if (options.theme) query.set("theme", options.theme);
    if (options.cssVars) query.set("cssVars", JSON.stringify(options.cssVars));
    const server = (options.baseUrl || base).replace(/\/+$/, "");
    const container = document.createElement("div");
    container.style.width = "100%";
    const iframe = document.createElement("iframe");
    iframe.src = server + "/embed/referrals?" + query;
    iframe.style.width = "100%";
    iframe.style.height = "400px";
    iframe.style.border = "none";
    iframe.allow = "clipboard-write";
    iframe.title = "Referral portal";
    container.appendChild(iframe);
    target.appendChild(container);
    function listen(message) {
      if (message.source !== iframe.contentWindow || typeof message.data !== "object" || !message.data) return;
      const { event, data } = message.data;
      if (event === "PAGE_HEIGHT" && typeof data?.height === "number") iframe.style.height = data.height + "px";
      if (event === "ERROR" && data?.code && data.message && options.onError) options.onError(data);
    }
    window.addEventListener("message", listen);
    return {
      container,
      iframe,
      destroy() {
        window.removeEventListener("message", listen);
        container.remove();
      },
    };
  }

  const api = { init, getClickId, reset, createEmbed };
  window.Tributary = api;
  // Sites that were written for refport-js go on working.
  if (!window.Refport) window.Refport = api;
  if (!has("manual")) init({ domain: tag?.dataset.cookieDomain, cleanUrl: !has("keepUrl") });
})();
