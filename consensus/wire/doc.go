// Package wire answers "how do two nodes talk?": framed messages and calls over mutual
// TLS 1.3, on every link that the two have.
//
// Each node dials every address of every peer and keeps the connections open. What it
// sends goes over the first connection that answers its pings; when that falls silent,
// the next one is used at once. What a peer sends arrives on the connections that the
// peer dialled. Whoever is no node of this cluster gets no further than the handshake,
// is counted, and is logged at most once a minute.
//
//	frame = length (4 bytes), type (1 byte), body
//	types: ping, pong, message, request (id, kind, payload), response (id, ok, payload)
package wire
