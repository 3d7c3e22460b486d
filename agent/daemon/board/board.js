"use strict";
(() => {
  const POLL_MS = 1000, GIVE_UP_MS = 4000, LIVE_WITHIN_S = 10;
  const $ = (id) => document.getElementById(id);
  const alarm = $("not-live"), why = $("why");
  const bays = $("bays"), docks = $("docks"), foot = document.querySelector("footer");
  let lastAt = "", fresh = performance.now(), even = true;

  // Only what changed is touched: nothing flickers, and a screen reader hears only news.
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const set = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };

  const each = (list, template, facts, fill) => {
    while (list.children.length > facts.length) list.lastElementChild.remove();
    while (list.children.length < facts.length) list.append($(template).content.firstElementChild.cloneNode(true));
    facts.forEach((one, at) => fill(list.children[at], one));
  };

  const fillTile = (tile, facts) => {
    const field = (name) => tile.querySelector("." + name);
    set(tile, "data-state", facts.state);
    set(field("shape").firstElementChild, "href", "#" + facts.state.replaceAll(" ", "-"));
    put(field("label"), facts.label);
    put(field("camera"), facts.camera);
    put(field("word"), facts.state);
    put(field("detail"), facts.detail);
    put(field("hours"), facts.recording_hours_left === null ? "" : `records ${Math.floor(facts.recording_hours_left)} h`);
    const bar = field("bar");
    bar.hidden = facts.percent === null;
    bar.value = facts.percent ?? 0;
  };

  const fillDock = (row, facts) => {
    set(row, "class", facts.is_here ? "here" : "");
    const [time, label, camera] = row.children;
    put(time, facts.time);
    put(label, facts.label);
    put(camera, facts.camera);
  };

  const show = (board) => {
    set(bays, "data-wide", String(board.columns.wide));
    set(bays, "data-tall", String(board.columns.tall));
    each(bays, "tile", board.tiles, fillTile);
    each(docks, "dock", board.docks, fillDock);
    set(foot, "data-network", board.network.state);
    put($("words"), board.network.words);
    put($("station"), board.station);
    put($("name"), board.station);
    put($("clock"), board.clock);
  };

  const isLive = () => {
    fresh = performance.now();
    even = !even;
    set(alarm, "class", even ? "even" : "odd");
  };

  const isNotLive = (reason) => {
    put(why, reason);
    set(alarm, "class", "now");
    set(alarm, "role", "alert");
  };

  const ask = async () => {
    try {
      const answer = await fetch("status", { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
      const status = await answer.json();
      if (!answer.ok || !status.board) throw new Error("starting");
      if (status.board.page !== document.documentElement.dataset.page) return location.reload();
      const isOld = Number(answer.headers.get("Age")) > LIVE_WITHIN_S;
      if (!isOld && status.at !== lastAt) {
        lastAt = status.at;
        show(status.board);
        if (status.board.live) isLive();
        else isNotLive(status.board.why_not_live);
      }
    } catch {
      // The agent is away or starts again: the time that passes says so.
    }
    if (performance.now() - fresh > LIVE_WITHIN_S * 1000 && alarm.className !== "now") {
      isNotLive("Nothing was heard from the station's agent for 10 seconds. Cameras that are docked stay safe; tell IT.");
    }
    setTimeout(ask, POLL_MS);
  };
  ask();
})();
