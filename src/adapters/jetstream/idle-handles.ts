// Lets a connection that waits for nothing not keep the process alive. The client has no public way: it looks where
// version 3 keeps its socket and its timer, and where it finds neither, the process lives until shutdown.

interface Handle {
  unref?: () => unknown;
}

interface Innards {
  readonly protocol?: {
    readonly transport?: { readonly socket?: Handle };
    readonly heartbeats?: { readonly timer?: Handle };
  };
}

/** The bus keeps the process alive by timers of its own while anything is pending or awaited. */
export function releaseProcess(connection: object): void {
  const { protocol } = connection as Innards;
  protocol?.transport?.socket?.unref?.();
  protocol?.heartbeats?.timer?.unref?.();
}
