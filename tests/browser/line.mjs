// The wire between one person and the server, which can be cut: every connection through it
// ends at once, WebSockets and the service worker's too, and no new one comes about.
import { connect, createServer } from "node:net";

/** A TCP relay to the server's port. */
export class Line {
  static async to(server) {
    const line = new Line();
    line.whole = true;
    line.sockets = new Set();
    line.relay = createServer((near) => line.join(near, server.port));
    await new Promise((listening) => line.relay.listen(0, "127.0.0.1", listening));
    line.address = `http://127.0.0.1:${line.relay.address().port}`;
    return line;
  }

  join(near, port) {
    if (!this.whole) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.sockets.add(socket);
      // The end of one side is the end of the other, however it came about.
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  cut() {
    this.whole = false;
    for (const socket of this.sockets) socket.destroy();
  }

  mend() {
    this.whole = true;
  }

  async close() {
    this.cut();
    await new Promise((closed) => this.relay.close(closed));
  }
}
