package finding

import "github.com/aclens/aclens/resolver/database"

// Kind is a row of the table of kinds, which docs/findings.md shows.
type Kind struct {
	Word     string
	Severity Severity
	Means    string
	Advice   string
}

// The classes of names that do not exist end the words of two kinds each.
const (
	unknownEntry   = "unknown-entry-"
	danglingMember = "dangling-member-"
)

// The kinds that are not found in a Snapshot: whoever reads the sources makes
// them with New.
const (
	StaleExport = "stale-export"
	// ReferencesLeftOut is what a directory does not hold itself.
	ReferencesLeftOut = "references-left-out"
	HeldBack          = "held-back"
	KeyTaken          = "key-taken"
	IncompleteExport  = "incomplete-export"
	BrokenExport      = "broken-export"
)

// Kinds is every kind of finding. Words are kept; more may be added.
var Kinds = []Kind{
	{"duplicate-name", Error, "Two entries hold one Notes name or alternate name: it matches neither of them.",
		"Rename one of the entries, or remove the alternate name from one."},
	{"duplicate-common-name", Warning, "An ACL names a bare common name that several people have: it matches none of them (rule 2.10).",
		"Write the full hierarchical name into the ACL."},
	{"duplicate-group", Error, "Two groups of one directory have one name: an ACL that uses it means neither (rule 4.7).",
		"Rename one of the groups, or narrow directory.groupNameBases."},
	{unknownEntry + deleted, Warning, "An ACL names somebody of an own organisation, or a group, that does not exist.",
		"Remove the entry: whoever gets this name next gets the access."},
	{unknownEntry + renamed, Warning, "An ACL names a former name of a person: it does not match (rule 9.9).",
		"Replace the entry by the person's new name, or let the administration server do so."},
	{unknownEntry + typo, Warning, "An ACL names nobody, but somebody or a group is called nearly so.",
		"Correct the spelling, or remove the entry."},
	{unknownEntry + external, Info, "An ACL names somebody of an organisation of which the directory knows nobody.",
		"Confirm that the other organisation is still meant to have access."},
	{unknownEntry + nonPerson, Info, "An ACL names something that is no person or group of the directory: a server without an entry, a mail-in database, the replica id of a database whose formulas may read this one.",
		"Confirm that it is still in use."},
	{danglingMember + deleted, Warning, "A group has members of an own organisation that do not exist.",
		"Remove the members: whoever gets such a name next is in the group."},
	{danglingMember + renamed, Warning, "A group lists former names of people: they are not in the group (rule 9.9).",
		"Replace the members by the people's new names."},
	{danglingMember + typo, Warning, "A group has members that are nobody, but somebody is called nearly so.",
		"Correct the spelling, or remove the members."},
	{danglingMember + external, Info, "A group has members of organisations of which the directory knows nobody.",
		"Confirm that the other organisations are still meant to be in the group."},
	{danglingMember + nonPerson, Info, "A group has members that are no people or groups of the directory: servers, mail-in databases, replica ids.",
		"Confirm that they are still in use."},
	{"empty-group", Info, "Nobody is in the group, directly or nested.",
		"Delete the group, or fill it: whoever may edit it decides who gets its access."},
	{"deep-nesting", Warning, "Groups are nested more than six deep; help up to release 11 states six as the limit (rule 4.4, D9).",
		"Flatten the groups, or test what the servers in use do."},
	{"group-cycle", Warning, "Groups contain each other; the cycle is cut (rule 4.5).",
		"Take one of the groups out of another."},
	{"group-without-type", Warning, "Groups of a Domino Directory do not say their type: they count as multi-purpose (rule 4.1).",
		"Give the groups a type, or let the directory's reader see groupType."},
	{"group-type-unknown", Warning, "A group has a type that does not exist: it counts for nothing (rule 4.1).",
		"Set the group's type to one of 0 to 4."},
	{"mail-only-group", Warning, "An ACL names a group that is mail only: the entry gives nothing (rule 4.1).",
		"Make the group multi-purpose, or name another one."},
	{"group-not-counted", Warning, "An ACL names a group that does not count: its type is not among rules.aclGroupTypes, or its directory has no group authorization (rules 4.1 and 4.7).",
		"Name another group, or change the setting if Domino counts the group."},
	{"flat-name-match", Warning, "A bare common name in an ACL matches people, which is contested (rule 2.10, D6).",
		"Write the full hierarchical name into the ACL."},
	{"flat-name-unmatched", Warning, "A bare common name in an ACL is somebody's, but does not match: another organisation, an unknown server, or the setting commonNameMatch (rule 2.10, D6).",
		"Write the full hierarchical name into the ACL."},
	{"entry-type-mismatch", Warning, "The user type of an entry suits nobody whom its name means, so that the entry gives nothing (rule 3.3).",
		"Correct the entry's user type."},
	{"at-in-common-name", Warning, "An ACL names somebody with @ in the common name, which Domino cannot interpret (rule 2.12).",
		"Use a group or a wildcard instead."},
	{"template-entries", Info, "Entries in square brackets match nobody; they are the ACL of databases made from the template (rule 2.13).",
		"Check them as the ACL of future databases."},
	{"default-above-noaccess", Warning, "-Default- is above No Access: everybody whom no entry names has it (rule 3.9).",
		"Set -Default- to No Access and name a group for those who need access."},
	{"anonymous-above-noaccess", Warning, "Anonymous is above No Access: nobody needs a log-in (rule 3.10).",
		"Set Anonymous to No Access unless the database is meant for the public."},
	{"no-anonymous-entry", Info, "There is no entry Anonymous: whoever has no log-in has what -Default- has (rule 3.10).",
		"Add Anonymous with No Access."},
	{"public-documents", Warning, "-Default- or Anonymous may read or write public documents beyond what the level gives (rule 8.6).",
		"Clear the two privileges unless public documents are meant for everybody."},
	{"only-default", Info, "People have access through -Default- alone (rule 3.9).",
		"Name a group for those who need access."},
	{"denied-with-access", Warning, "The ACL gives access to people on a deny list: only the servers that use the list keep them out (rule 7.3).",
		"Remove the people from the ACL and its groups."},
	{"several-paths", Info, "People are covered by several group entries with different levels: the highest counts (rule 3.5).",
		"Check that the highest level is the one that is meant."},
	{"wildcard-hidden", Info, "A wildcard would give people more than the groups that hide it (rule 3.8, D4).",
		"Raise the groups, or take the people out of them, if the wildcard is meant to count."},
	{"no-access-neutralised", Warning, "A No Access group entry does not keep people out, since another group lets them in (rule 3.12).",
		"Give the people No Access by name, or take them out of the other group."},
	{database.ReplicasDiffer, Warning, "Replicas of one database have different ACLs (rule 6.5).",
		"Bring the ACLs into line, or enforce a consistent ACL."},
	{"no-administration-server", Warning, "The ACL names no administration server: nobody brings it up to date when people are renamed or deleted.",
		"Name an administration server."},
	{"maximum-unknown", Warning, "The source does not carry Maximum Internet access: there are no web attributes for the database (rule 11.9).",
		"Add the maximum in databases.yaml, or export the ACL in another way."},
	{"extended-acl", Warning, "The database has an extended ACL, which can narrow access further and is not evaluated.",
		"Read the answers as an upper bound."},
	{"replicate-unknown", Info, "The source does not tell who may replicate or copy documents (rule 11.7).",
		"Treat the privilege as granted, or use the export kit, which carries it."},
	{database.CopiesOnServer, Warning, "One server holds several files of one replica id.",
		"Remove the copies, or exclude them."},
	{database.NoHomeInstance, Warning, "A database lies on no home server, so that its key may change.",
		"Add one of its servers to databases.homeServers, or exclude it."},
	{database.HomeServerUnused, Warning, "No ACL comes from a home server.",
		"Correct databases.homeServers, or export the server's databases."},
	{database.IncludesNothing, Warning, "An include pattern selects no database.", "Correct or remove the pattern."},
	{database.ExcludesNothing, Info, "An exclude pattern selects no database.", "Correct or remove the pattern."},
	{database.AliasUnknown, Warning, "An alias names no database.", "Correct or remove the alias."},
	{database.AliasAmbiguous, Warning, "An alias names several databases, and so none.", "Name the database by its key."},
	{database.AliasOfReplica, Warning, "An alias names a replica that does not answer for the database.", "Name the database by its key."},
	{HeldBack, Error, "Too much vanished in one reading of a source: it stays until it is there again or somebody releases it.",
		"See whether the source is whole; if what vanished is meant to be gone, release it with aclens release."},
	{KeyTaken, Error, "A key would stand for another database than before: the other database is left out.",
		"See whether the database was replaced on purpose; if so, release it with aclens release."},
	{ReferencesLeftOut, Info, "A directory refers to other servers, and its references were left out.",
		"Name those servers as a directory of their own, or see what referrals: chase or rewrite would do."},
	{StaleExport, Warning, "A source is older than the configuration allows, or of a time more than an hour ahead, which says nothing about its age.", "Export it again, or see why it does not arrive."},
	{IncompleteExport, Error, "An export is not complete: its server keeps the last state.", "Run the export again."},
	{BrokenExport, Error, "A file, or a database or document in it, cannot be read.", "Correct it, or export it again."},
}

// rank is the position of each kind in Kinds.
var rank = func() map[string]int {
	m := make(map[string]int, len(Kinds))
	for i := range Kinds {
		m[Kinds[i].Word] = i
	}
	return m
}()

// kindOf is the row of a word; a word that the table lacks is a warning
// without advice, so that nothing found is ever lost.
func kindOf(word string) Kind {
	if i, ok := rank[word]; ok {
		return Kinds[i]
	}
	return Kind{Word: word, Severity: Warning}
}

// Meaning is what a kind of finding says, or nothing for a word that the table
// lacks.
func Meaning(word string) string {
	if i, ok := rank[word]; ok {
		return Kinds[i].Means
	}
	return ""
}
