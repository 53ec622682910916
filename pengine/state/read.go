package state

type reader struct{}
