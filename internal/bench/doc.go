// Package bench puts load on a running Palabre from outside and checks what comes of it: it is `palabre bench`.
//
// It makes people and conversations of its own, lets senders send and receivers receive, and keeps a ledger of every
// conversation: what was acknowledged has to reach each receiver once and in the order of seq, and to be in the history
// afterwards. It measures from just before a send to its answer, and to its arrival at each receiver.
//
// It uses the public API only, as any client does, and knows nothing of how the server is made. cmd/palabre calls it, and
// internal/bench/suite, which writes docs/performance.md.
package bench
