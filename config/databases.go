package config

// Databases says where access control lists come from and how databases are named.
type Databases struct {
	DXL         []string          `yaml:"dxl" path:"any" unique:"exact" doc:"DXL exports: files or folders."`
	Export      []string          `yaml:"export" path:"any" unique:"exact" doc:"JSON Lines of the export kit: files or folders."`
	JSON        []string          `yaml:"json" path:"any" unique:"exact" doc:"Saved Domino REST API answers with server, path and replica id beside them: files or folders."`
	REST        []REST            `yaml:"rest" doc:"Domino REST API services, asked live."`
	YAML        []string          `yaml:"yaml" path:"any" unique:"exact" doc:"Access control lists written by hand: files or folders."`
	HomeServers []string          `yaml:"homeServers" check:"notesname" unique:"fold" doc:"Servers whose file path is a database's key, the first that holds one; needed where exports come from several servers."`
	Aliases     map[string]string `yaml:"aliases" check:"text" doc:"Short names of databases, [a-z0-9-]{1,32}, each with a key, replica id or long form."`
	Include     []string          `yaml:"include" check:"glob" doc:"Keys to take, as globs: * stays within a folder, ** does not."`
	Exclude     []string          `yaml:"exclude" check:"glob" doc:"Keys to leave out, which wins over include."`
}

// REST is one Domino REST API service.
type REST struct {
	URL       string         `yaml:"url" check:"httpurl" need:"one" doc:"Address of the service, https:// or http://."`
	Token     Secret         `yaml:"token" need:"one" doc:"Bearer token."`
	Databases []RESTDatabase `yaml:"databases" need:"one" doc:"Databases to ask for, each a mapping or the text Server!!path."`
}

// RESTDatabase is a database that a REST service is asked about.
type RESTDatabase struct {
	Server    string `yaml:"server" check:"notesname" need:"one" doc:"Notes name of the server."`
	Path      string `yaml:"path" need:"one" doc:"File path on it."`
	ReplicaID string `yaml:"replicaId" check:"replicaid" doc:"Replica id, 16 hex digits, in quotes; empty where it is not known."`
	Title     string `yaml:"title" doc:"Title to show."`
}

// Servers says what is known of the Domino servers.
type Servers struct {
	DXL      []string        `yaml:"dxl" path:"any" unique:"exact" doc:"DXL exports of Server documents: files or folders."`
	Settings []ServerSetting `yaml:"settings" doc:"What no document holds, one entry a server."`
}

// ServerSetting is what no Server document says about a server.
type ServerSetting struct {
	Name              string   `yaml:"name" check:"notesname" need:"one" doc:"Notes name of the server."`
	Release           Release  `yaml:"release" doc:"Domino release; only the first number counts (rule 7.11)."`
	Enforce           Enforce  `yaml:"enforce" doc:"Whether the server enforces its access lists, by protocol (rule 7.4)."`
	PersonalAgents    bool     `yaml:"personalAgents" doc:"Enforce_Personal_Agents=1 is set (rule 7.12)."`
	FullAdminDisabled bool     `yaml:"fullAdminDisabled" doc:"SECURE_DISABLE_FULLADMIN=1 is set (rule 3.11)."`
	Folders           []Folder `yaml:"folders" doc:"Folders of the data directory with an access list (rule 7.16)."`
}

// Enforce says for each Internet protocol whether server access is enforced.
type Enforce struct {
	HTTP  Tri `yaml:"http" doc:"HTTP."`
	IMAP  Tri `yaml:"imap" doc:"IMAP."`
	POP3  Tri `yaml:"pop3" doc:"POP3."`
	LDAP  Tri `yaml:"ldap" doc:"LDAP."`
	DIIOP Tri `yaml:"diiop" doc:"DIIOP."`
}

// Folder is a folder of a server's data directory that has an access list.
type Folder struct {
	Path  string   `yaml:"path" need:"one" doc:"Folder, relative to the data directory; subfolders are included."`
	Allow []string `yaml:"allow" check:"text" unique:"fold" doc:"Users, servers, groups and wildcards that may enter; empty admits nobody."`
}
