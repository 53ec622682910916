package cib

// Names of sections and elements.
const (
	TagCIB             = "cib"
	TagConfiguration   = "configuration"
	TagCRMConfig       = "crm_config"
	TagNodes           = "nodes"
	TagResources       = "resources"
	TagConstraints     = "constraints"
	TagTags            = "tags"
	TagACLs            = "acls"
	TagRscDefaults     = "rsc_defaults"
	TagOpDefaults      = "op_defaults"
	TagFencingTopology = "fencing-topology"
	TagAlerts          = "alerts"
	TagTickets         = "tickets" // below status
	TagStatus          = "status"

	TagNode          = "node"
	TagPrimitive     = "primitive"
	TagGroup         = "group"
	TagClone         = "clone"
	TagMaster        = "master" // the old spelling of a promotable clone
	TagBundle        = "bundle"
	TagTemplate      = "template"
	TagOperations    = "operations"
	TagOp            = "op"
	TagRscLocation   = "rsc_location"
	TagRscColocation = "rsc_colocation"
	TagRscOrder      = "rsc_order"
	TagRscTicket     = "rsc_ticket"
	TagResourceSet   = "resource_set"
	TagResourceRef   = "resource_ref"
	TagRule          = "rule"
	TagExpression    = "expression"
	TagDateExpr      = "date_expression"
	TagDateSpec      = "date_spec"
	TagDuration      = "duration"
	TagRscExpr       = "rsc_expression"
	TagOpExpr        = "op_expression"
	TagTag           = "tag"
	TagObjRef        = "obj_ref"

	TagPropertySet   = "cluster_property_set"
	TagInstanceAttrs = "instance_attributes"
	TagMetaAttrs     = "meta_attributes"
	TagUtilization   = "utilization"
	TagNvpair        = "nvpair"

	TagNodeState  = "node_state"
	TagTransient  = "transient_attributes"
	TagLRM        = "lrm"
	TagLRMRscs    = "lrm_resources"
	TagLRMRsc     = "lrm_resource"
	TagLRMRscOp   = "lrm_rsc_op"
	TagTicketStat = "ticket_state"

	TagDiff         = "diff"
	TagVersion      = "version"
	TagSource       = "source"
	TagTarget       = "target"
	TagChange       = "change"
	TagChangeList   = "change-list"
	TagChangeAttr   = "change-attr"
	TagChangeResult = "change-result"
	TagFailed       = "failed"
	TagFailedUpdate = "failed_update"
	TagXPathQuery   = "xpath-query"
)

// Names of attributes.
const (
	AttrID           = "id"
	AttrIDRef        = "id-ref"
	AttrName         = "name"
	AttrValue        = "value"
	AttrUname        = "uname"
	AttrAdminEpoch   = "admin_epoch"
	AttrEpoch        = "epoch"
	AttrNumUpdates   = "num_updates"
	AttrFeatureSet   = "crm_feature_set"
	AttrValidateWith = "validate-with"
	AttrLastWritten  = "cib-last-written"
	AttrUpdateOrigin = "update-origin"
	AttrUpdateClient = "update-client"
	AttrUpdateUser   = "update-user"
	AttrHaveQuorum   = "have-quorum"
	AttrDCUUID       = "dc-uuid"
	AttrOperation    = "operation"
	AttrPath         = "path"
	AttrPosition     = "position"
	AttrFormat       = "format"
	AttrClass        = "class"
	AttrProvider     = "provider"
	AttrType         = "type"
	AttrScore        = "score"
	AttrRsc          = "rsc"
	AttrNode         = "node"
	AttrRole         = "role"
	AttrInterval     = "interval"
	AttrTimeout      = "timeout"
)

// What a fresh CIB says about itself: clients of Pacemaker 2.1 expect these.
const (
	FeatureSet   = "3.16.1"
	ValidateWith = "pacemaker-3.9"
)

// sections maps the name of a section to its path below the root, in the order in which
// the sections of a fresh CIB stand.
var sections = []struct {
	name string
	path []string
}{
	{TagConfiguration, []string{TagConfiguration}},
	{TagCRMConfig, []string{TagConfiguration, TagCRMConfig}},
	{TagNodes, []string{TagConfiguration, TagNodes}},
	{TagResources, []string{TagConfiguration, TagResources}},
	{TagConstraints, []string{TagConfiguration, TagConstraints}},
	{TagFencingTopology, []string{TagConfiguration, TagFencingTopology}},
	{TagTags, []string{TagConfiguration, TagTags}},
	{TagACLs, []string{TagConfiguration, TagACLs}},
	{TagRscDefaults, []string{TagConfiguration, TagRscDefaults}},
	{TagOpDefaults, []string{TagConfiguration, TagOpDefaults}},
	{TagAlerts, []string{TagConfiguration, TagAlerts}},
	{TagStatus, []string{TagStatus}},
}

// sectionPath gives the path of a section below the root; "", "all" and "cib" are the
// root itself.
func sectionPath(name string) (path []string, ok bool) {
	if name == "" || name == "all" || name == TagCIB {
		return nil, true
	}
	for _, s := range sections {
		if s.name == name {
			return s.path, true
		}
	}
	return nil, false
}
