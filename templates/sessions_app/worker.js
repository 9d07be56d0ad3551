{% load static %}// Keeps the room's look, and shows the last known room when the network is gone.
// Never answers anything else than the network does: a page that is shown is a true one.

const LOOK = "look";
const ROOM = "last-room";
const LONGEST_MS = 12 * 3600 * 1000;
const FILES = [
  "{% static 'css/site.css' %}",
  "{% static 'css/board.css' %}",
  "{% static 'css/sheet.css' %}",
  "{% static 'js/offline.js' %}",
  "{% static 'icons/icons.svg' %}",
  "{% static 'icons/logo.svg' %}",
];
const BOARD = /^\/surveillance\/\d{6}\/$/;
const LOGIN = /^\/(compte|admin\/log(in|out))\//;

self.addEventListener("install", (event) => {
  event.waitUntil(keepLook().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(showRoom());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    // A login begins or ends: what was kept was kept for the one before.
    if (LOGIN.test(pathname)) event.waitUntil(caches.delete(ROOM));
    else if (request.method === "GET" && BOARD.test(pathname)) event.respondWith(board(request, pathname));
  } else if (FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});

async function keepLook() {
  await caches.delete(LOOK);
  const look = await caches.open(LOOK);
  await look.addAll(FILES);
}

async function board(request, pathname) {
  try {
    return await fetch(request);
  } catch (error) {
    return (await lastRoom(pathname)) ?? Response.error();
  }
}

async function lastRoom(pathname) {
  const store = await caches.open(ROOM);
  const kept = await store.match(pathname);
  if (kept && Date.now() - Number(kept.headers.get("X-Saved-At")) <= LONGEST_MS) return kept;
  await caches.delete(ROOM);
  return null;
}

async function showRoom() {
  const pages = await self.clients.matchAll({ type: "window" });
  const room = pages.find((page) => BOARD.test(new URL(page.url).pathname));
  return room ? room.focus() : self.clients.openWindow("/surveillance/");
}
