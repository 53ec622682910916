// Package agents answers "which resource agents does Tactus bring along, and what do
// they say about themselves?". It holds only names and meta-data, so that tools can ask
// without linking the agents; package agents/native holds the agents. Files in ocf/ are the
// scripts that let people call a native agent by hand, from the usual place; fence/ has the
// fence device for drills.
package agents
