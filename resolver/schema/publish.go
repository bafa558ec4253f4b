package schema

import "strings"

// Published is the content of the subschema entry, one definition a string
// (RFC 4512 section 4.2).
type Published struct {
	AttributeTypes, ObjectClasses, MatchingRules, Syntaxes, MatchingRuleUse []string
}

// Publish prints every definition, in a fixed order. Each attribute type has
// its SYNTAX, without a length, and its rules written out even if it inherits
// them, and every syntax and rule that is named is among those published: many
// clients look both up and do not follow SUP.
func (s *Schema) Publish() Published {
	var p Published
	named := map[string]bool{}
	for i := range syntaxes {
		named[syntaxes[i].OID] = true
		p.Syntaxes = append(p.Syntaxes, printSyntax(syntaxes[i].OID, syntaxes[i].Desc))
	}
	for i := range rules {
		p.MatchingRules = append(p.MatchingRules, rules[i].print())
		if use, some := s.printUse(&rules[i]); some {
			p.MatchingRuleUse = append(p.MatchingRuleUse, use)
		}
	}
	for id := range s.descs {
		t := s.descs[id].typ
		if s.descs[id].declared == nil {
			continue
		}
		p.AttributeTypes = append(p.AttributeTypes, t.String())
		if !named[t.Syntax] {
			named[t.Syntax] = true
			p.Syntaxes = append(p.Syntaxes, printSyntax(t.Syntax, "Syntax of the directory"))
		}
	}
	for _, c := range s.classes {
		p.ObjectClasses = append(p.ObjectClasses, c.String())
	}
	return p
}

// String prints the attribute type description (RFC 4512 section 4.1.2).
func (t *Type) String() string {
	var p printer
	p.open(t.OID, t.Names, t.Desc)
	p.flag("OBSOLETE", t.Obsolete)
	p.word("SUP", t.Sup)
	p.word("EQUALITY", t.Equality)
	p.word("ORDERING", t.Ordering)
	p.word("SUBSTR", t.Substring)
	p.word("SYNTAX", t.Syntax)
	p.flag("SINGLE-VALUE", t.SingleValue)
	p.flag("COLLECTIVE", t.Collective)
	p.flag("NO-USER-MODIFICATION", t.NoUserMod)
	if t.Operational() {
		p.word("USAGE", t.Usage.String())
	}
	return p.close()
}

// String prints the object class description (RFC 4512 section 4.1.1).
func (c *Class) String() string {
	var p printer
	p.open(c.OID, c.Names, c.Desc)
	p.flag("OBSOLETE", c.Obsolete)
	p.list("SUP", c.Sup)
	p.flag(c.Kind.String(), true)
	p.list("MUST", c.Must)
	p.list("MAY", c.May)
	return p.close()
}

func (r *Rule) print() string {
	var p printer
	var names []string
	if r.Name != "" {
		names = []string{r.Name}
	}
	p.open(r.OID, names, r.Desc)
	p.word("SYNTAX", r.Syntax)
	return p.close()
}

// printUse prints the matching rule use description (RFC 4512 section 4.1.4),
// unless the rule applies to no type.
func (s *Schema) printUse(r *Rule) (use string, some bool) {
	var types []string
	for id := range s.descs {
		if t := s.descs[id].typ; s.descs[id].declared != nil && r.Applies(t) {
			types = append(types, t.Name())
		}
	}
	var p printer
	var names []string
	if r.Name != "" {
		names = []string{r.Name}
	}
	p.open(r.OID, names, "")
	p.list("APPLIES", types)
	return p.close(), len(types) > 0
}

func printSyntax(oid, desc string) string {
	var p printer
	p.open(oid, nil, desc)
	return p.close()
}

// printer writes one definition.
type printer struct{ b strings.Builder }

func (p *printer) open(oid string, names []string, desc string) {
	p.b.WriteString("( ")
	p.b.WriteString(oid)
	switch {
	case len(names) == 0 || names[0] == oid:
	case len(names) == 1:
		p.word("NAME", "'"+names[0]+"'")
	default:
		p.word("NAME", "( '"+strings.Join(names, "' '")+"' )")
	}
	if desc != "" {
		p.word("DESC", "'"+escapeQuoted(desc)+"'")
	}
}

var quotedSpecials = strings.NewReplacer(`\`, `\5C`, "'", `\27`)

func escapeQuoted(s string) string {
	return quotedSpecials.Replace(strings.ToValidUTF8(s, "?"))
}

func (p *printer) word(keyword, value string) {
	if value == "" {
		return
	}
	p.b.WriteString(" " + keyword + " " + value)
}

func (p *printer) flag(keyword string, set bool) {
	if set {
		p.b.WriteString(" " + keyword)
	}
}

func (p *printer) list(keyword string, values []string) {
	switch len(values) {
	case 0:
	case 1:
		p.word(keyword, values[0])
	default:
		p.word(keyword, "( "+strings.Join(values, " $ ")+" )")
	}
}

func (p *printer) close() string {
	p.b.WriteString(" )")
	return p.b.String()
}
