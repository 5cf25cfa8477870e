// Keeps what oidc-provider issues, in memory. The library's own memory adapter forgets all but the last thousand entries.

// The library itself refuses what has expired, and says *expired* rather than *unknown* while it still finds it.
const REMEMBERED_AFTER_EXPIRY_MS = 10 * 60 * 1000;
const SWEEP_MS = 30 * 1000;

const entries = new Map(); // "Model:id" -> { json, dropAt, grantId, alias }
const members = new Map(); // grant id -> the keys of what was issued under it
const aliases = new Map(); // "uid:…" or "userCode:…" -> key

function drop(key) {
  const entry = entries.get(key);
  if (entry === undefined) return;
  entries.delete(key);
  if (aliases.get(entry.alias) === key) aliases.delete(entry.alias);
  const siblings = members.get(entry.grantId);
  siblings?.delete(key);
  if (siblings?.size === 0) members.delete(entry.grantId);
}

setInterval(() => {
  const now = Date.now();
  for (const [key, { dropAt }] of entries) if (dropAt < now) drop(key);
}, SWEEP_MS).unref();

// Stored as JSON, as a database would: a caller that changes what it found does not change the store.
const read = (key) => {
  const entry = entries.get(key);
  return entry && JSON.parse(entry.json);
};

export class MemoryStore {
  constructor(model) {
    this.model = model;
  }

  #key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.#key(id);
    drop(key);
    const alias = (payload.userCode && `userCode:${payload.userCode}`)
      ?? (this.model === 'Session' ? `uid:${payload.uid}` : undefined);
    const dropAt = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000 + REMEMBERED_AFTER_EXPIRY_MS;
    const { grantId } = payload;
    entries.set(key, { json: JSON.stringify(payload), dropAt, grantId, alias });
    if (alias !== undefined) aliases.set(alias, key);
    if (grantId !== undefined) {
      if (!members.has(grantId)) members.set(grantId, new Set());
      members.get(grantId).add(key);
    }
  }

  async find(id) {
    return read(this.#key(id));
  }

  async findByUid(uid) {
    return read(aliases.get(`uid:${uid}`));
  }

  async findByUserCode(userCode) {
    return read(aliases.get(`userCode:${userCode}`));
  }

  async consume(id) {
    const entry = entries.get(this.#key(id));
    if (entry === undefined) return;
    entry.json = JSON.stringify({ ...JSON.parse(entry.json), consumed: Math.floor(Date.now() / 1000) });
  }

  async destroy(id) {
    drop(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of members.get(grantId) ?? []) drop(key);
  }
}
