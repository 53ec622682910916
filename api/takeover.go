package api

import "github.com/tactus-ha/tactus/crm"

// TakeOverPhrase is what an operator has to say (?confirm=) so that a node goes on
// without those that are missing.
const TakeOverPhrase = "i-confirm-peer-is-off"

// TakeOver says what going on without the missing nodes came to, or would come to.
type TakeOver struct {
	Node        crm.NodeName   `json:"node"`    // that goes on
	Missing     []crm.NodeName `json:"missing"` // that are taken to be off
	Done        bool           `json:"done"`    // false: the phrase was not said, nothing was changed
	Incarnation uint64         `json:"incarnation"`
	Reason      string         `json:"reason"` // on what grounds there is a quorum now, or why there is none
}
