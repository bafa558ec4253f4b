package upstream

import (
	"context"
	"fmt"

	"github.com/aclens/aclens/proxy/wire"
)

// isSubschema is the filter under which a subschema subentry is found (RFC 4512 section 4.4).
var isSubschema = wire.Filter{Kind: wire.Equality, Attr: []byte("objectClass"), Value: []byte("subschema")}

// Subschema returns the definitions that the directory publishes (RFC 4512
// section 4.2). Errors match ErrUnavailable, ErrRefused, ErrPartial or ErrNoSubschema.
func (d *Directory) Subschema(ctx context.Context) (attributeTypes, objectClasses []string, err error) {
	err = d.read(ctx, "", func(l *link) error {
		facts, err := d.facts(ctx, l)
		if err != nil {
			return err
		}
		if facts.Subschema == "" {
			return fmt.Errorf("%s: %w", facts.URL, ErrNoSubschema)
		}
		found, err := d.subschema(ctx, l, facts.Subschema)
		if err != nil {
			return err
		}
		attributeTypes, objectClasses = found.texts("attributeTypes"), found.texts("objectClasses")
		if len(attributeTypes) == 0 {
			return fmt.Errorf("%s: %w: none at %q", facts.URL, ErrNoSubschema, facts.Subschema)
		}
		return nil
	})
	return attributeTypes, objectClasses, err
}

// subschema reads the entry; not every server lets it be found as RFC 4512 says.
func (d *Directory) subschema(ctx context.Context, l *link, dn string) (entry, error) {
	found, ok, err := d.readEntry(ctx, l, baseRequest(dn, isSubschema, "attributeTypes", "objectClasses"))
	if err != nil || ok {
		return found, err
	}
	found, _, err = d.readEntry(ctx, l, baseRequest(dn, everything, "attributeTypes", "objectClasses"))
	return found, err
}
