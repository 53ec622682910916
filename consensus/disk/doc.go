// Package disk answers "what does this node still know after a crash?": the identity,
// hard state, snapshot and log of consensus in one bbolt file.
//
//	raft.db   meta: all (names of the parts), identity, hard, snapshot, tail     log: index -> entry
//
// Every value carries a checksum of its own, every log entry the running digest of the
// log up to it, and meta/tail says where the log ends: a flipped bit, a lost page and a
// file that was cut short are all noticed when the file is opened (*DamagedError). Its
// pages are walked (pages.go) before bbolt does so, which believes whatever they say. A
// damaged file is set aside, never repaired: what it lost may be what it had promised.
package disk
