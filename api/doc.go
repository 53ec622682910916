// Package api answers "how do tools, the web page and other programs talk to the
// cluster?": HTTP and JSON, with server-sent events, on crmd's unix socket and, when
// configured, on TCP with TLS. This file's types are the contract; docs/openapi.yaml
// describes them for other languages. Client is what every tool of ours uses.
//
//	GET    /v1/cib[?scope=S|xpath=X]   the CIB (or a part) as XML; header X-Cib-Version
//	POST   /v1/cib                     CIBRequest -> CIBReply: one operation, or several as one
//	GET    /v1/status                  Status: this node's view of the cluster
//	GET    /v1/events                  server-sent events: Event
//	POST   /v1/attributes              AttributeUpdate: transient node attributes, with dampening
//	GET    /v1/attributes[?name=&node=] []Attribute: transient attributes as this node knows them
//	POST   /v1/cleanup                 Cleanup -> CleanupReply: forget history and failures, probe again
//	POST   /v1/fail                    FailRequest: record a made-up failure of a resource
//	POST   /v1/recheck                 run the policy engine now
//	POST   /v1/shutdown                stop this node (or ?node=N) in an orderly way
//	POST   /v1/forget?node=N           remove a node that is gone for good (crm_node -R)
//	POST   /v1/confirm-off?node=N      an operator vouches that the node is off (durable proof c)
//	POST   /v1/take-over[?confirm=]    TakeOver: go on without the missing nodes; without the phrase, say what that means
//	GET    /v1/fencing                 Fencing: devices, who can be fenced by what, the history
//	POST   /v1/fencing                 FenceRequest -> FenceEvent: write a request down; GET it until it is closed
//	GET    /v1/fencing/request?id=ID   FenceEvent: one request as it is now
//	DELETE /v1/fencing[?node=N]        FenceCleanup: forget closed requests
//	GET    /v1/timing                  Timing: the detection times that follow from the configuration
//	GET    /v1/explain?transition=N    the last transitions: what was decided and why
//	GET    /v1/agents?class=&provider= names of agents on this node
//	GET    /v1/metadata?agent=C:P:T    an agent's meta-data as XML
//	GET    /metrics                    Prometheus
package api
