// Package flood limits how many messages someone may send within a sliding window of time. It counts what it is told of,
// under a key that says who sends; it knows neither messages nor rules.
//
// Memory counts in this process, Valkey for all processes of a deployment. Both say exactly the same: a slot is refused at
// t when as many as the limit were taken in (t − window, t]. A refused one takes none. services/chat asks them.
package flood
