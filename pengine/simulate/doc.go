// Package simulate answers "what if?": it carries a transition graph out on paper,
// recording results in a copy of the CIB, and makes nodes fail, tickets come and
// operations break before that.
//
//	CIB ──Inject──> CIB' ──pengine.Schedule──> graph ──Execute──> CIB''
//
// Nothing is asked of any executor: every action has the result that it should have,
// unless it is said to fail.
package simulate
