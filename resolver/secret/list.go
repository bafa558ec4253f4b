package secret

// families are beginnings of names, lower case, whose every member counts.
var families = []string{
	"mslaps-", // Windows LAPS: passwords, encrypted ones, histories and those of directory services restore mode
}

// standard: RFC 4519, RFC 3112, RFC 2798 and draft-behera-ldap-password-policy.
var standard = []string{
	"userPassword", "2.5.4.35",
	"authPassword", "1.3.6.1.4.1.4203.1.3.4",
	"userPKCS12", "2.16.840.1.113730.3.1.216",
	"pwdHistory", "1.3.6.1.4.1.42.2.27.8.1.20",
}

var domino = []string{
	"HTTPPassword", "dominoHTTPPassword", "dspHTTPPassword", "internetPassword",
	"passwordDigest", // of the ID file's password
}

// activeDirectory: MS-ADA1 to MS-ADA3 and MS-ADTS 3.1.1.4.4, LAPS, BitLocker and the TPM.
var activeDirectory = []string{
	"unicodePwd", "1.2.840.113556.1.4.90",
	"dBCSPwd", "1.2.840.113556.1.4.55",
	"ntPwdHistory", "1.2.840.113556.1.4.94",
	"lmPwdHistory", "1.2.840.113556.1.4.160",
	"supplementalCredentials", "1.2.840.113556.1.4.125",
	"unixUserPassword", "1.2.840.113556.1.4.1910",
	"ms-Mcs-AdmPwd", "1.2.840.113556.1.8000.2554.50051.45980.28112.18903.35903.6685103.1224907.2.1",
	"currentValue", "priorValue", "pekList",
	"initialAuthIncoming", "initialAuthOutgoing", "trustAuthIncoming", "trustAuthOutgoing",
	"msDS-ManagedPassword", "msDS-ExecuteScriptPassword", "msKds-RootKeyData",
	"msFVE-RecoveryPassword", "msFVE-KeyPackage",
	"msTPM-OwnerInformation", "msTPM-OwnerInformationTemp",
	"msPKIAccountCredentials", "msPKIDPAPIMasterKeys",
	"msSFU30Password",
}

var samba = []string{
	"sambaNTPassword", "1.3.6.1.4.1.7165.2.1.25",
	"sambaLMPassword", "1.3.6.1.4.1.7165.2.1.24",
	"sambaPasswordHistory", "1.3.6.1.4.1.7165.2.1.54",
	"sambaClearTextPassword", "sambaPreviousClearTextPassword",
	"ntPassword", "lmPassword", // Samba 2
}

var kerberos = []string{
	"krbPrincipalKey", "2.16.840.1.113719.1.301.4.39.1",
	"krbMKey", "krbPwdHistory",
	"krb5Key", "1.3.6.1.4.1.5322.10.1.10",
}

// netscape: 389 Directory Server with FreeIPA, and its relatives of Sun, Oracle and Ping.
var netscape = []string{
	"nsslapd-rootpw", "nsDS5ReplicaCredentials", "nsDS5ReplicaBootstrapCredentials",
	"nsMultiplexorCredentials", "nsSymmetricKey", "passwordHistory", "netscapeReversiblePassword",
	"ipaNTHash", "ipaNTTrustAuthIncoming", "ipaNTTrustAuthOutgoing", "ipaPrivateKey", "ipaSecretKey",
	"ipatokenOTPkey", "ipatokenRadiusSecret",
	"ds-pwp-retired-password", "ds-auth-totp-shared-secret",
	"orclPassword", "orclPasswordVerifier", "orclRevPwd", "orclGUPassword",
}

// openLDAP: also what its configuration database and its access log hold.
var openLDAP = []string{
	"olcRootPW", "olcDbBindPW", "olcDbACLBind", "olcDbIDAssertBind", "olcSyncrepl", "olcTLSCertificateKey",
	"reqMod", "reqOld", // changes as they were asked for, passwords included
	"oathSecret",
}

// others: IBM Security Directory, eDirectory, and schemas in wide use.
var others = []string{
	"ibm-slapdAdminPW", "ibm-slapdMasterPW", "ibm-slapdSSLKeyDatabasePW", "replicaCredentials", "secretKey",
	"privateKey", "nspmPassword", "nspmDistributionPassword", "nspmPasswordHistory",
	"sasLoginSecret", "sasLoginSecretKey",
	"clearPassword", "cleartextPassword", "plainPassword",
	"radiusTunnelPassword", "sshPrivateKey", "goSshPrivateKey", "totpSecret",
}
