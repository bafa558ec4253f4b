package verify

import "strings"

// Listed is how many rows of a kind a Report lists one by one.
const Listed = 50

// Report says how far a Snapshot and Domino agree. Agreed, Differing, Unsaid and
// Passed together are Answers.
type Report struct {
	Answers    int `json:"answers"`
	Agreed     int `json:"agreed"`
	Differing  int `json:"differing"`
	Unsaid     int `json:"unsaid"`     // the Snapshot lacks input to tell (rule 11.9)
	Passed     int `json:"passed"`     // not compared: user or database not known
	ServerOnly int `json:"serverOnly"` // of Differing: the server refuses, and the ACL alone gives Domino's level

	Rules       []RuleCount    `json:"rules"`    // by number
	Readings    []ReadingCount `json:"readings"` // every other reading there is, by decision
	Rows        []Row          `json:"rows"`     // that differ, the first ones
	NotCompared []NotCompared  `json:"notCompared"`
}

// RuleCount is the agreement on rows that one rule of docs/access-rules.md decided.
type RuleCount struct {
	Rule   string `json:"rule"`
	About  string `json:"about"`
	Rows   int    `json:"rows"`
	Agreed int    `json:"agreed"`
	Unsaid int    `json:"unsaid"`
}

// Fit says which reading of a contested decision the answers speak for.
type Fit string

// The values of Fit.
const (
	FitsBetter Fit = "better"   // the other reading: more rows would come to agree than cease to
	FitsWorse  Fit = "worse"    // the other reading: fewer
	FitsEven   Fit = "even"     // as many
	NotTold    Fit = "untested" // no row tells the two apart
)

// ReadingCount is what would become of the rows under one other reading of a
// contested decision. Now and Other are values of the setting, or the readings
// in words where none chooses.
type ReadingCount struct {
	Decision string `json:"decision"`
	Setting  string `json:"setting"`
	Now      string `json:"now"`
	Other    string `json:"other"`
	Changed  int    `json:"changed"` // rows whose answer would be another
	Fixed    int    `json:"fixed"`   // of them: differ now and agree then
	Broken   int    `json:"broken"`  // of them: agree now and differ then
	Fits     Fit    `json:"fits"`
}

func (c *ReadingCount) judge() {
	switch {
	case c.Fixed > c.Broken:
		c.Fits = FitsBetter
	case c.Fixed < c.Broken:
		c.Fits = FitsWorse
	case c.Fixed > 0:
		c.Fits = FitsEven
	default:
		c.Fits = NotTold
	}
}

// label names the other reading: "D4 wildcardMode: merge".
func (c *ReadingCount) label() string {
	if c.Setting == "" {
		return c.Decision + " " + c.Other
	}
	return c.Decision + " " + c.Setting + ": " + c.Other
}

// Row is one answer of Domino with which the Snapshot does not agree.
type Row struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	User     string   `json:"user"`
	Database string   `json:"database"`
	Channel  string   `json:"channel"`
	Ours     Access   `json:"ours"`
	Domino   Access   `json:"domino"`
	Source   string   `json:"source"`
	Winning  []string `json:"winning"`
	Rule     string   `json:"rule"`               // that decided
	ACLLevel string   `json:"aclLevel,omitempty"` // where the server refuses: what the ACL alone gives
	Better   []string `json:"better"`             // other readings under which the row agrees
}

// Access is one of the two answers of a Row. Roles are nil where the file has
// no column for them, Privileges where the line does not say them.
type Access struct {
	Level      string   `json:"level"`
	Roles      []string `json:"roles"`
	Privileges []string `json:"privileges,omitempty"`
}

// NotCompared is an answer about a user or database that the Snapshot does not
// know.
type NotCompared struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	User     string `json:"user"`
	Database string `json:"database"`
	Why      string `json:"why"`
}

// aboutRule says in a few words what a rule that decides is about.
func aboutRule(rule string) string {
	switch rule {
	case "2.10":
		return "bare common name"
	case "3.2":
		return "exact name"
	case "3.5":
		return "groups"
	case "3.8":
		return "wildcards"
	case "3.9":
		return "-Default-"
	case "3.10":
		return "Anonymous"
	case "3.11":
		return "full access administration"
	case "5.1":
		return "Maximum Internet access"
	case "6.3":
		return "local database"
	case "11.9":
		return "Maximum Internet access is not known"
	}
	if strings.HasPrefix(rule, "7.") {
		return "server access"
	}
	return ""
}
