import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import java.util.TreeSet;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.ldap.Control;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.PagedResultsControl;
import javax.naming.ldap.PagedResultsResponseControl;
import javax.naming.ldap.SortControl;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * What Java programs ask through JNDI: called with an address, a DN, its
 * password and the file of the authority, prints one line a fact.
 */
public class Ask {
    static final String PEOPLE = "(objectClass=inetOrgPerson)";
    static final String JANE = "cn=Jane Doe,ou=people,o=acme";

    static String address;

    public static void main(String[] arguments) throws Exception {
        address = arguments[0];
        binds(arguments[1], arguments[2]);
        LdapContext c = new InitialLdapContext(environment(arguments[1], arguments[2]), null);
        rootDSE(c);
        schema(c);
        searches(c);
        compares(c);
        pages(c);
        sorts(c);
        referrals(arguments[1], arguments[2]);
        c.close();
        startTLS(arguments[3]);
        pool();
    }

    static Hashtable<String, Object> environment(String who, String password) {
        Hashtable<String, Object> e = new Hashtable<>();
        e.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        e.put(Context.PROVIDER_URL, "ldap://" + address);
        e.put("com.sun.jndi.ldap.connect.timeout", "20000");
        e.put("com.sun.jndi.ldap.read.timeout", "20000");
        if (who != null) {
            e.put(Context.SECURITY_AUTHENTICATION, "simple");
            e.put(Context.SECURITY_PRINCIPAL, who);
            e.put(Context.SECURITY_CREDENTIALS, password);
        }
        return e;
    }

    static void say(Object... fields) {
        List<String> line = new ArrayList<>();
        for (Object field : fields) {
            line.add(String.valueOf(field));
        }
        System.out.println(String.join("\t", line));
    }

    /** What went wrong: JNDI's kind of exception and the code that the server sent. */
    static String fault(NamingException e) {
        java.util.regex.Matcher code = java.util.regex.Pattern.compile("error code (\\d+)").matcher(String.valueOf(e.getMessage()));
        return e.getClass().getSimpleName() + (code.find() ? " " + code.group(1) : "");
    }

    static void binds(String who, String password) {
        String[][] all = {{"right password", who, password}, {"wrong password", JANE, "wrong"}, {"unknown name", "cn=Nobody,o=acme", "wrong"}, {"no name", "nonsense", "wrong"}};
        for (String[] each : all) {
            try {
                new InitialDirContext(environment(each[1], each[2])).close();
                say("bind", each[0], "bound");
            } catch (NamingException e) {
                say("bind", each[0], fault(e));
            }
        }
    }

    static void rootDSE(LdapContext c) throws NamingException {
        Attributes all = c.getAttributes("", new String[] {"namingContexts", "supportedControl", "supportedLDAPVersion", "subschemaSubentry", "vendorName"});
        for (String name : new String[] {"namingContexts", "supportedLDAPVersion", "subschemaSubentry", "vendorName"}) {
            say("root DSE", name, String.join(" ", values(all.get(name))));
        }
        say("root DSE", "offers pages and sorting", all.get("supportedControl").contains(PagedResultsControl.OID) && all.get("supportedControl").contains(SortControl.OID));
    }

    /** JNDI makes a tree of its own of the subschema. */
    static void schema(LdapContext c) throws NamingException {
        DirContext tree = c.getSchema("");
        for (String name : new String[] {"effectiveAccess", "isMemberOf", "accessLevel", "accessRole", "member"}) {
            Attributes type = tree.getAttributes("AttributeDefinition/" + name);
            say("schema", name, type.get("SYNTAX") == null ? "no syntax" : type.get("SYNTAX").get());
        }
        say("schema", "effectiveAccessRecord", tree.getAttributes("ClassDefinition/effectiveAccessRecord").get("NAME").get());
        int types = 0;
        NamingEnumeration<?> list = tree.list("AttributeDefinition");
        for (; list.hasMore(); types++) {
            list.next();
        }
        say("schema", "more than a hundred types", types > 100);
        DirContext classes = c.getSchemaClassDefinition(JANE);
        TreeSet<String> hers = new TreeSet<>();
        NamingEnumeration<javax.naming.NameClassPair> of = classes.list("");
        while (of.hasMore()) {
            hers.add(of.next().getName());
        }
        say("schema", "Jane's classes", String.join(" ", hers));
    }

    static void searches(LdapContext c) throws NamingException {
        say("search", "uid", String.join(" ", new TreeSet<>(found(c, "o=acme", PEOPLE, "uid"))));
        say("search", "memberOf", String.join(" ", new TreeSet<>(found(c, "o=acme", "(&" + PEOPLE + "(memberOf=cn=CRM Editors,ou=groups,o=acme))", "uid"))));
        for (String name : new String[] {"memberOf", "isMemberOf", "effectiveAccess", "accessRole;x-db-crm"}) {
            say("read", name, String.join("|", new TreeSet<>(values(c.getAttributes(JANE, new String[] {name}).get(name)))));
        }
        say("search", "names below", names(c, "ou=groups,o=acme", "(objectClass=groupOfNames)"));
        say("search", "in the virtual subtree", String.join("|", new TreeSet<>(found(c, "cn=apps/crm.nsf#author,cn=apps/crm.nsf,ou=databases,cn=access", "(objectClass=groupOfNames)", "member"))));
        try {
            c.getAttributes("cn=Nobody,ou=people,o=acme");
        } catch (NamingException e) {
            say("search", "no such entry", fault(e));
        }
        SearchControls few = new SearchControls(SearchControls.SUBTREE_SCOPE, 2, 0, new String[] {"uid"}, false, false);
        int count = 0;
        try {
            NamingEnumeration<SearchResult> list = c.search("o=acme", PEOPLE, few);
            for (; list.hasMore(); count++) {
                list.next();
            }
        } catch (NamingException e) {
            say("search", "size limit", count, fault(e));
        }
    }

    /** A base search for one equality that asks for nothing is sent as Compare. */
    static void compares(LdapContext c) throws NamingException {
        String[][] all = {{JANE, "(sn=DOE)"}, {JANE, "(sn=Other)"}, {JANE, "(effectiveAccess=crm#editor)"}, {JANE, "(isMemberOf=CN=crm editors, OU=groups, O=acme)"},
            {"cn=Sales Team,ou=groups,o=acme", "(member=" + JANE + ")"}, {JANE, "(pager=1)"}, {JANE, "(userPassword=jdoe)"}};
        for (String[] each : all) {
            String answer;
            try {
                SearchControls base = new SearchControls(SearchControls.OBJECT_SCOPE, 0, 0, new String[0], false, false);
                answer = String.valueOf(c.search(each[0], each[1], base).hasMore());
            } catch (NamingException e) {
                answer = fault(e);
            }
            say("compare", each[1], answer);
        }
    }

    static void pages(LdapContext c) throws Exception {
        byte[] cookie = null;
        List<String> sizes = new ArrayList<>();
        do {
            c.setRequestControls(new Control[] {new PagedResultsControl(2, cookie, Control.CRITICAL)});
            sizes.add(String.valueOf(found(c, "o=acme", PEOPLE, "uid").size()));
            cookie = null;
            for (Control each : c.getResponseControls()) {
                if (each instanceof PagedResultsResponseControl) {
                    cookie = ((PagedResultsResponseControl) each).getCookie();
                }
            }
        } while (cookie != null);
        c.setRequestControls(null);
        say("pages", String.join(" ", sizes));
    }

    static void sorts(LdapContext c) throws Exception {
        c.setRequestControls(new Control[] {new SortControl("uid", Control.CRITICAL)});
        say("sorted", String.join(" ", found(c, "o=acme", PEOPLE, "uid")));
        c.setRequestControls(new Control[] {new SortControl("effectiveAccess", Control.CRITICAL)});
        List<String> access = found(c, "o=acme", "(effectiveAccess=*)", "effectiveAccess");
        List<String> right = new ArrayList<>(access);
        Collections.sort(right);
        say("sorted by a computed attribute", access.equals(right), access.size());
        c.setRequestControls(null);
    }

    /** Unless told to follow, JNDI sends ManageDsaIT with every request; told so, it sends none. */
    static void referrals(String who, String password) throws NamingException {
        for (String how : new String[] {"ignore", "follow", "throw"}) {
            Hashtable<String, Object> e = environment(who, password);
            e.put(Context.REFERRAL, how);
            LdapContext c = new InitialLdapContext(e, null);
            say("referrals", how, found(c, "", PEOPLE, "uid").size());
            c.close();
        }
    }

    static SSLContext trusting(String authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream file = Files.newInputStream(Path.of(authority))) {
            store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    static void startTLS(String authority) throws Exception {
        LdapContext c = new InitialLdapContext(environment(null, null), null);
        StartTlsResponse tls = (StartTlsResponse) c.extendedOperation(new StartTlsRequest());
        tls.negotiate(trusting(authority).getSocketFactory());
        c.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
        c.addToEnvironment(Context.SECURITY_PRINCIPAL, JANE);
        c.addToEnvironment(Context.SECURITY_CREDENTIALS, "jdoe");
        say("StartTLS", "as Jane", String.join(" ", found(c, "o=acme", PEOPLE, "uid")));
        tls.close();
        c.close();
    }

    /** Connections of the pool are kept by name and password, and come back in the state that they were left in. */
    static void pool() throws Exception {
        List<String> seen = new ArrayList<>();
        for (String who : new String[] {"jdoe", "vstone", "jdoe", "vstone"}) {
            String dn = who.equals("jdoe") ? JANE : "cn=Victor Stone,ou=people,o=acme";
            Hashtable<String, Object> e = environment(dn, who);
            e.put("com.sun.jndi.ldap.connect.pool", "true");
            LdapContext c = new InitialLdapContext(e, null);
            seen.addAll(found(c, "o=acme", PEOPLE, "uid"));
            c.close();
        }
        say("pool", String.join(" ", seen));
    }

    static List<String> found(LdapContext c, String base, String filter, String attribute) throws NamingException {
        SearchControls subtree = new SearchControls(SearchControls.SUBTREE_SCOPE, 0, 0, new String[] {attribute}, false, false);
        List<String> all = new ArrayList<>();
        NamingEnumeration<SearchResult> list = c.search(new LdapName(base), filter, subtree); // text would be cut at each slash
        while (list.hasMore()) {
            all.addAll(values(list.next().getAttributes().get(attribute)));
        }
        return all;
    }

    static String names(LdapContext c, String base, String filter) throws NamingException {
        TreeSet<String> all = new TreeSet<>();
        NamingEnumeration<SearchResult> list = c.search(base, filter, new SearchControls());
        while (list.hasMore()) {
            all.add(list.next().getName());
        }
        return String.join("|", all);
    }

    static List<String> values(Attribute a) throws NamingException {
        List<String> all = new ArrayList<>();
        for (int i = 0; a != null && i < a.size(); i++) {
            all.add(String.valueOf(a.get(i)));
        }
        return all;
    }
}
