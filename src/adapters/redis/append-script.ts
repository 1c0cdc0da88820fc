// The script that appends a batch to a shard: one EVALSHA a batch. Invariant: all keys are read and their types checked
// before the first write, since scripts do not roll back; after it, every event of the batch is stored once.
// Before it: shard-writer.ts. After it: the stream that shard-reader.ts reads. docs/reference/redis-format.md tells of it.
import { createHash } from 'node:crypto';

/**
 * KEYS: the stream, its end, the last sequence of the producer and the id of its entry.
 * ARGV: 1 packing, 2 rows (row-encoder.ts) or frame, 3 first sequence, 4 count, 5 events dropped before it,
 *       6 newest stamp, 7 expiry of the producer's key in ms,
 *       8 first and 9 last sequence that this writer knows to be stored, or -1, 10 id of that last one, or 0-0
 *       11 most entries, or 0, 12 longest age in ms, or 0, 13 what the ids of single events have before the sequence.
 * Reply: { how many were appended, last sequence that was stored before, or -1; id of the end;
 *          first sequence that was acknowledged and is gone, or -1 }; -1 appended: send the batch without its beginning.
 */
export const APPEND_SCRIPT = `
local call, format, match = redis.call, string.format, string.match
local function id(text) local ms, index = match(text, '^(%d+)-(%d+)$') return tonumber(ms), tonumber(index) end
local function wrong(key) return redis.error_reply('WRONGTYPE ' .. key .. ' holds no stream') end

local stream, tail, producer = KEYS[1], KEYS[2], KEYS[3]
local kind, tailKind = call('TYPE', stream).ok, call('TYPE', tail).ok
if kind ~= 'none' and kind ~= 'stream' then return wrong(stream) end
if tailKind ~= 'none' and tailKind ~= 'stream' then return wrong(tail) end
local stored, storedAt = match(call('GET', producer) or '', '^(%d+) (%S+)$')
stored = tonumber(stored or -1)
local newest = call('XREVRANGE', tail, '+', '-', 'COUNT', 1)[1]
local ms, index, stamp = 0, 0, ''
if newest then
  ms, index = id(newest[1])
  stamp = newest[2][2]
elseif kind == 'stream' then
  local facts = call('XINFO', 'STREAM', stream)
  for nth = 1, #facts, 2 do if facts[nth] == 'last-generated-id' then ms, index = id(facts[nth + 1]) end end
end

local first, count, dropped = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local knownFirst, knownLast, known = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10]
local knownMs, knownIndex = id(known)
-- Whether an entry counts: src/adapters/redis/stray-entries.ts tells of those that do not.
local function counts(at)
  local atMs, atIndex = id(at)
  if atMs > ms or (atMs == ms and atIndex > index) then return false end
  local later = call('XRANGE', stream, format('%.0f', atMs + 1), '+', 'COUNT', 1)[1]
  if not later then return true end
  local _, laterFirst = id(later[1])
  if later[2][1] == 'frame' then laterFirst = laterFirst - struct.unpack('<I4', later[2][2], 13) + 1 end
  return laterFirst > atIndex
end
if stored > knownLast and not counts(storedAt) then stored = knownLast end
local gone = -1
if stored < knownLast then
  local kept = false
  if stored < 0 and index >= knownIndex then
    local oldest = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    local _, oldestIndex = id(oldest and oldest[1] or '0-0')
    kept = not oldest or oldestIndex > knownIndex or #call('XRANGE', stream, known, known) > 0
  end
  if not kept then gone = stored < 0 and knownFirst or stored + 1 end
end
local base = math.max(stored, knownLast)
local skip = math.max(0, base + 1 - first)
if skip >= count then return { 0, format('%.0f', stored), format('%.0f-%.0f', ms, index), format('%.0f', gone) } end
if skip > 0 and ARGV[1] == 'batch' then return { -1, format('%.0f', base), '', '' } end
if base >= 0 then dropped = math.max(0, first - base - 1) end

local time = call('TIME')
ms = math.max(ms, knownMs, tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local now = format('%.0f-', ms)
-- An end before all entries: those that a server brings back without their end are told by it.
if kind == 'none' and not newest then call('XADD', tail, '1-0', 'stamp', '0') end
local more = {}
if dropped > 0 then more = { 'dropped', format('%.0f', dropped) } end
if gone >= 0 then
  more[#more + 1] = 'lost'
  more[#more + 1] = format('%.0f-%.0f', gone, knownLast)
end
local rows = ARGV[2]
if ARGV[1] == 'batch' then
  index = index + count
  call('XADD', stream, format('%s%d', now, index), 'frame', rows, unpack(more))
else
  local read, at, extra = struct.unpack, 1, #more > 0
  local names, flags, payload, stampText, name, hash = ARGV[13]
  for nth = 1, count do
    flags, payload, stampText, name, hash, at = read('>BI4c0Bc0Bc0c16', rows, at)
    name = names .. name
    if flags > 0 or extra then
      local fields = { 'payload', payload, 'time', stampText, 'id', name, 'hash', hash }
      local text
      if flags % 2 == 1 then
        text, at = read('>I2c0', rows, at)
        fields[#fields + 1] = 'key'
        fields[#fields + 1] = text
      end
      if flags >= 2 then
        text, at = read('>I4c0', rows, at)
        fields[#fields + 1] = 'headers'
        fields[#fields + 1] = text
      end
      if nth > skip then
        if extra then for _, each in ipairs(more) do fields[#fields + 1] = each end end
        extra = false
        index = index + 1
        call('XADD', stream, format('%s%d', now, index), unpack(fields))
      end
    elseif nth > skip then
      index = index + 1
      call('XADD', stream, format('%s%d', now, index), 'payload', payload, 'time', stampText, 'id', name, 'hash', hash)
    end
  end
end
if ARGV[6] > stamp then stamp = ARGV[6] end
local last = format('%s%d', now, index)
call('SET', producer, format('%.0f %s', first + count - 1, last), 'PX', ARGV[7])
call('XADD', tail, 'MAXLEN', 1, last, 'stamp', stamp)
if ARGV[11] ~= '0' then call('XTRIM', stream, 'MAXLEN', '~', ARGV[11]) end
if ARGV[12] ~= '0' then call('XTRIM', stream, 'MINID', '~', format('%.0f', math.max(0, ms - tonumber(ARGV[12])))) end
return { count - skip, format('%.0f', stored), last, format('%.0f', gone) }
`;

/** The name by which a server knows the script. */
export function scriptName(script: string): string {
  return createHash('sha1').update(script).digest('hex');
}
