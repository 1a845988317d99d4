// A real SMTP server on a free port. Prints {"port": N} and then each message it took as one JSON line.
// With the argument `busy` it refuses the first message for a moment (451), as a greylisting server does, and with a
// number so many attempts. A line `refuse ADDRESS` makes an address unknown to it, `take ADDRESS` known again. With `slow` it prints {"connected": true} and greets nobody until a line comes in.
import { createInterface } from 'node:readline';
import { SMTPServer } from 'smtp-server';

let slow = process.argv[2] === 'slow';
let refusals = process.argv[2] === 'busy' ? 1 : Number(process.argv[2]) || 0;
const refused = new Set();
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onConnect(session, done) {
    if (!slow) return done();
    console.log(JSON.stringify({ connected: true }));
    process.stdin.once('data', () => { slow = false; done(); });
  },
  onRcptTo(address, session, done) {
    if (!refused.has(address.address)) return done();
    const error = new Error('No such mailbox here');
    error.responseCode = 550;
    done(error);
  },
  onData(stream, session, done) {
    let text = '';
    stream.on('data', (chunk) => { text += chunk; });
    stream.on('end', () => {
      if (refusals > 0) {
        refusals -= 1;
        const error = new Error('Try again later');
        error.responseCode = 451;
        return done(error);
      }
      console.log(JSON.stringify({ to: session.envelope.rcptTo.map((r) => r.address), text }));
      done();
    });
  },
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.server.address().port })));
createInterface({ input: process.stdin }).on('line', (line) => {
  const [, word, address] = line.match(/^(refuse|take) (\S+)$/) ?? [];
  if (!word) return;
  if (word === 'refuse') refused.add(address);
  else refused.delete(address);
  console.log(JSON.stringify({ [word]: address }));
});
process.stdin.on('end', () => process.exit(0));
