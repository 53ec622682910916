// Package ldapresponder answers "is there an LDAP server for the demonstration?": a
// server that accepts any simple bind and returns one entry, which names the machine it
// runs on, to every base search. It stores nothing; demo, tests and benchmarks use it
// where a real directory server would only be in the way.
package ldapresponder
