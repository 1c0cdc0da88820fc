// A client that reads the tokens of one session, as EventSource of a browser does: cut off, it connects again and says
// with `Last-Event-ID` which event it had last. It knows nothing of instances, and counts them for the report alone.

/** Starts a session and reads it to its end. */
export async function readSession(base, session) {
  const url = `${base}/sessions/${session}`;
  const started = await fetch(url, { method: 'POST' });
  const read = {
    generatedOn: started.headers.get('x-instance'),
    events: [],
    cuts: 0,
    instances: [],
    lastId: undefined,
  };
  while (!(await readOn(url, read))) read.cuts += 1;
  return read;
}

/** One connection; false when it was cut before the last event. */
async function readOn(url, read) {
  try {
    const headers = read.lastId === undefined ? {} : { 'last-event-id': read.lastId };
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`the service answered ${response.status}`);
    const instance = response.headers.get('x-instance');
    read.instances.push(instance);
    for await (const { id, data } of messages(response.body)) {
      read.lastId = id;
      read.events.push({ ...data, instance });
      if (data.done) return true;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // How fetch tells of a connection that ended.
  }
  return false;
}

/** Whole messages of an event stream: an empty line ends one, and what is cut off before that never was. */
async function* messages(body) {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s)));
      if (fields.event === 'gap') throw new Error(`events are gone: ${fields.data}`);
      yield { id: fields.id, data: JSON.parse(fields.data) };
    }
  }
}
