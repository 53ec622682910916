package schemas

import (
	"errors"

	"github.com/tactus-ha/tactus/cib"
)

// Upgrade brings a CIB to the newest schema. The findings are what whoever reads the
// result should know.
func Upgrade(root *cib.Element) (*cib.Element, []string, error) {
	if root.Name != cib.TagCIB || root.Child(cib.TagConfiguration) == nil {
		return nil, nil, errors.New("not a complete CIB: want <cib> with <configuration>")
	}
	if root.Get(cib.AttrValidateWith) == "none" {
		return root, []string{`Schema validation of configuration is disabled (support for validate-with set to "none" is deprecated and will be removed in a future release)`}, nil
	}
	return root, nil, nil
}
