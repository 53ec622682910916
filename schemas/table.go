package schemas

// element says what one element of the configuration may and must have. The notation of
// attrs: names separated by blanks, "!" after one that must be there, ":" and a type.
// Types: id (unique in the document), ref (the id of another element), score, int, bool,
// time, or values separated by "|"; none is free text.
type element struct {
	name     string
	attrs    string
	children string // names that may stand below, each any number of times; "*" one text
	need     string // "a,b|c": the attributes a and b, or c; alternatives in order of preference
	atLeast  string // one of these children must be there
	unless   string // attribute that makes need and atLeast void
}

const (
	roles       = "Stopped|Started|Promoted|Unpromoted|Master|Slave"
	actions     = "start|promote|demote|stop"
	kinds       = "Optional|Mandatory|Serialize"
	container   = "image! replicas:int replicas-per-host:int masters:int promoted-max:int run-command network options"
	dateNumbers = "id:id! years months weeks days hours minutes seconds monthdays weekdays yeardays yearsdays weekyears moon"
	nvset       = "id:id id-ref:ref score:score"
)

// elements is the structure of the configuration: what Pacemaker 2.1's schema 3.9 accepts.
var elements = []element{
	{name: "configuration", children: "crm_config rsc_defaults op_defaults nodes resources constraints acls fencing-topology tags alerts"},
	{name: "crm_config", children: "cluster_property_set"},
	{name: "rsc_defaults", children: "meta_attributes"},
	{name: "op_defaults", children: "meta_attributes"},
	{name: "nodes", children: "node"},
	{name: "resources", children: "primitive template group clone master bundle"},
	{name: "constraints", children: "rsc_location rsc_colocation rsc_order rsc_ticket"},
	{name: "acls", children: "acl_target acl_group acl_role acl_user"},
	{name: "fencing-topology", children: "fencing-level"},
	{name: "tags", children: "tag"},
	{name: "alerts", children: "alert"},

	{name: "cluster_property_set", attrs: nvset, children: "nvpair rule", need: "id|id-ref"},
	{name: "instance_attributes", attrs: nvset, children: "nvpair rule", need: "id|id-ref"},
	{name: "meta_attributes", attrs: nvset, children: "nvpair rule", need: "id|id-ref"},
	{name: "utilization", attrs: nvset, children: "nvpair rule", need: "id|id-ref"},
	{name: "nvpair", attrs: "id:id id-ref:ref name value", need: "id,name|id-ref"},

	{name: "node", attrs: "id! uname! type:member|ping|remote|normal description score:score", children: "instance_attributes utilization"},

	{name: "primitive", attrs: "id:id! class:ocf|lsb|heartbeat|stonith|upstart|service|systemd|nagios provider type template:ref description", children: "operations instance_attributes meta_attributes utilization", need: "class,type|template"},
	{name: "template", attrs: "id:id! class:ocf|lsb|heartbeat|stonith|upstart|service|systemd|nagios! provider type! description", children: "operations instance_attributes meta_attributes utilization"},
	{name: "group", attrs: "id:id! description", children: "primitive meta_attributes instance_attributes", atLeast: "primitive"},
	{name: "clone", attrs: "id:id! description", children: "primitive group meta_attributes instance_attributes", atLeast: "primitive group"},
	{name: "master", attrs: "id:id! description", children: "primitive group meta_attributes instance_attributes", atLeast: "primitive group"},
	{name: "bundle", attrs: "id:id! description", children: "docker rkt podman network storage primitive meta_attributes instance_attributes", atLeast: "docker rkt podman"},
	{name: "docker", attrs: container}, {name: "rkt", attrs: container}, {name: "podman", attrs: container},
	{name: "network", attrs: "ip-range-start control-port:int host-interface host-netmask:int add-host:bool", children: "port-mapping"},
	{name: "port-mapping", attrs: "id:id! port:int internal-port:int range", need: "port|range"},
	{name: "storage", children: "storage-mapping"},
	{name: "storage-mapping", attrs: "id:id! source-dir source-dir-root target-dir! options", need: "source-dir|source-dir-root"},
	{name: "operations", attrs: "id:id id-ref:ref", children: "op"},
	{name: "op", attrs: "id:id! name! interval:time! description start-delay:time interval-origin timeout:time enabled:bool record-pending:bool role:" + roles + " requires:nothing|quorum|fencing|unfencing on-fail:ignore|block|demote|stop|restart|standby|fence|restart-container", children: "instance_attributes meta_attributes"},

	{name: "rsc_location", attrs: "id:id! rsc:ref rsc-pattern role:" + roles + " node score:score resource-discovery:always|never|exclusive", children: "rule lifetime resource_set"},
	{name: "rsc_colocation", attrs: "id:id! rsc:ref with-rsc:ref score:score influence node-attribute rsc-role:" + roles + " with-rsc-role:" + roles, children: "resource_set lifetime", need: "rsc,with-rsc", unless: "resource_set"},
	{name: "rsc_order", attrs: "id:id! first:ref then:ref first-action:" + actions + " then-action:" + actions + " score:score kind:" + kinds + " symmetrical:bool require-all:bool", children: "resource_set lifetime", need: "first,then", unless: "resource_set"},
	{name: "rsc_ticket", attrs: "id:id! rsc:ref rsc-role:" + roles + " ticket! loss-policy:stop|demote|fence|freeze", children: "resource_set", need: "rsc", unless: "resource_set"},
	{name: "resource_set", attrs: "id:id id-ref:ref sequential:bool require-all:bool ordering:group|listed action:" + actions + " role:" + roles + " score:score kind:" + kinds, children: "resource_ref", need: "id|id-ref", atLeast: "resource_ref", unless: "id-ref"},
	{name: "resource_ref", attrs: "id:ref!"},
	{name: "lifetime", children: "rule", atLeast: "rule"},

	{name: "rule", attrs: "id:id id-ref:ref score:score score-attribute boolean-op:or|and role", children: "expression date_expression rule rsc_expression op_expression", need: "id|id-ref", atLeast: "expression date_expression rule rsc_expression op_expression", unless: "id-ref"},
	{name: "expression", attrs: "id:id! attribute! operation:lt|gt|lte|gte|eq|ne|defined|not_defined! value type:string|integer|number|version value-source:literal|param|meta"},
	{name: "date_expression", attrs: "id:id! operation:in_range|gt|lt|date_spec start end", children: "duration date_spec"},
	{name: "rsc_expression", attrs: "id:id! class provider type"},
	{name: "op_expression", attrs: "id:id! name! interval:time"},
	{name: "duration", attrs: dateNumbers}, {name: "date_spec", attrs: dateNumbers},

	{name: "acl_target", attrs: "id! name", children: "role"},
	{name: "acl_group", attrs: "id:id! name", children: "role"},
	{name: "acl_user", attrs: "id:id!", children: "role_ref read write deny"},
	{name: "role", attrs: "id:ref!"},
	{name: "acl_role", attrs: "id:id! description", children: "acl_permission read write deny"},
	{name: "acl_permission", attrs: "id:id! kind:read|write|deny! xpath reference:ref object-type attribute description", need: "xpath|reference|object-type"},
	{name: "role_ref", attrs: "id:ref!"},
	{name: "read", attrs: "id:id! tag ref:ref xpath attribute"}, {name: "write", attrs: "id:id! tag ref:ref xpath attribute"}, {name: "deny", attrs: "id:id! tag ref:ref xpath attribute"},

	{name: "alert", attrs: "id:id! description path!", children: "meta_attributes instance_attributes select recipient"},
	{name: "select", children: "select_attributes select_fencing select_nodes select_resources"},
	{name: "select_attributes", children: "attribute"}, {name: "select_fencing"}, {name: "select_nodes"}, {name: "select_resources"},
	{name: "attribute", attrs: "id:id! name!"},
	{name: "recipient", attrs: "id:id! description value!", children: "meta_attributes instance_attributes"},

	{name: "fencing-level", attrs: "id:id! target target-pattern target-attribute target-value index:int! devices!", need: "target|target-pattern|target-attribute,target-value"},
	{name: "tag", attrs: "id:id!", children: "obj_ref", atLeast: "obj_ref"},
	{name: "obj_ref", attrs: "id!"},
}

// rootAttrs are the attributes of <cib>.
const rootAttrs = "validate-with crm_feature_set admin_epoch:int epoch:int num_updates:int cib-last-written update-origin update-client update-user have-quorum:bool dc-uuid remote-tls-port:int remote-clear-port:int no-quorum-panic:bool execution-date"
