package ocf

import (
	"maps"
	"testing"
)

func TestDigestParams(t *testing.T) {
	for _, tc := range []struct {
		name   string
		params map[string]string
		want   string
	}{
		{"none", nil, "f2317cad3d54cec5d7d7aa7d0bf35cf8"},
		// printf ' <parameters ip="10.7.36.142"/>\n' | md5sum
		{"one", map[string]string{"ip": "10.7.36.142"}, "fa1c1c06933ca241d36407f79c95e168"},
	} {
		if got := DigestParams(tc.params); got != tc.want {
			t.Errorf("%s: DigestParams = %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestOperationParams(t *testing.T) {
	got := OperationParams(map[string]string{"ip": "1", "CRM_meta_interval": "5000", "CRM_meta_timeout": "15000", "CRM_meta_on_node": "a", "crm_feature_set": "3"})
	if want := map[string]string{"ip": "1", "CRM_meta_timeout": "15000"}; !maps.Equal(got, want) {
		t.Errorf("recurring: %v, want %v", got, want)
	}
	got = OperationParams(map[string]string{"ip": "1", "CRM_meta_timeout": "15000"})
	if want := map[string]string{"ip": "1"}; !maps.Equal(got, want) {
		t.Errorf("once: %v, want %v", got, want)
	}
}
