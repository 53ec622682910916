// Package identity answers "how do nodes prove who they are?": from the cluster's one
// shared key (authkey or authkeys) it derives the keys that seal packets and an Ed25519
// authority that signs every node's TLS certificate. Everything is deterministic: the
// same key, cluster and node give the same certificate, so nothing is stored and nothing
// expires. Whoever has the key can be any node: the key file is the cluster's secret.
//
//	key ── HKDF ──┬─ packet key (AES-256, membership/links)
//	              └─ authority seed ── Ed25519 CA ── node certificate: URI tactus://CLUSTER/NAME/ID
//
// Several keys make a change of key without a pause: the first signs, all are accepted.
package identity
