<?php
// What PHP programs ask with ldap_*: called with an address, a DN, its password
// and the file of the authority, prints one line a fact.
[$_, $address, $who, $password, $authority] = $argv;
error_reporting(E_ALL & ~E_WARNING); // a refused operation warns, and returns false

const PEOPLE = '(objectClass=inetOrgPerson)';
const JANE = 'cn=Jane Doe,ou=people,o=acme';

function connect(string $address)
{
    $c = ldap_connect("ldap://$address");
    ldap_set_option($c, LDAP_OPT_PROTOCOL_VERSION, 3);
    ldap_set_option($c, LDAP_OPT_NETWORK_TIMEOUT, 20);
    return $c;
}

function say(string ...$fields): void
{
    echo implode("\t", $fields), "\n";
}

/** Sorted values of an attribute over all entries; PHP has attribute names in lower case. */
function values($c, $found, string $attribute): string
{
    $all = [];
    foreach (ldap_get_entries($c, $found) as $key => $entry) {
        if ($key !== 'count') {
            $of = $entry[strtolower($attribute)] ?? ['count' => 0];
            unset($of['count']);
            array_push($all, ...$of);
        }
    }
    sort($all);
    return implode(' ', $all);
}

$c = connect($address);
foreach (['wrong password' => JANE, 'unknown name' => 'cn=Nobody,o=acme', 'no name' => 'nonsense'] as $kind => $dn) {
    say('bind', $kind, ldap_bind($c, $dn, 'wrong') ? 'bound' : (string) ldap_errno($c));
}
say('bind', 'a name without a password', ldap_bind($c, JANE, '') ? 'bound' : (string) ldap_errno($c));
say('search', 'after a failed bind', ldap_search($c, 'o=acme', PEOPLE, ['uid']) ? 'answered' : (string) ldap_errno($c));
say('bind', 'right password', ldap_bind($c, $who, $password) ? 'bound' : (string) ldap_errno($c));

say('search', 'uid', values($c, ldap_search($c, 'o=acme', PEOPLE, ['uid']), 'uid'));
$her = ldap_read($c, JANE, '(objectClass=*)', ['memberOf', 'isMemberOf', 'effectiveAccess', 'accessRole']);
foreach (['memberOf', 'isMemberOf', 'effectiveAccess', 'accessRole;x-db-crm'] as $attribute) {
    say('read', $attribute, values($c, $her, $attribute));
}
say('list', 'groups', values($c, ldap_list($c, 'ou=groups,o=acme', '(member=' . JANE . ')', ['cn']), 'cn'));
say('search', 'memberOf', values($c, ldap_search($c, 'o=acme', '(&' . PEOPLE . '(memberOf=cn=CRM Editors,ou=groups,o=acme))', ['uid']), 'uid'));
say('search', 'by an umlaut', values($c, ldap_search($c, 'o=acme', '(cn=' . ldap_escape('Jürgen Müller', '', LDAP_ESCAPE_FILTER) . ')', ['uid']), 'uid'));

foreach (['sn' => 'DOE', 'mail' => 'else@acme.example', 'isMemberOf' => 'CN=crm editors, OU=groups, O=acme', 'pager' => '1'] as $attribute => $value) {
    $is = ldap_compare($c, JANE, $attribute, $value);
    say('compare', $attribute, $is === true ? 'true' : ($is === false ? 'false' : (string) ldap_errno($c)));
}

$cookie = '';
do {
    $asked = [['oid' => LDAP_CONTROL_PAGEDRESULTS, 'iscritical' => true, 'value' => ['size' => 2, 'cookie' => $cookie]]];
    $page = ldap_search($c, 'o=acme', PEOPLE, ['uid'], 0, 0, 0, LDAP_DEREF_NEVER, $asked);
    ldap_parse_result($c, $page, $code, $matched, $message, $referrals, $given);
    say('page', (string) $code, (string) ldap_count_entries($c, $page));
    $cookie = $given[LDAP_CONTROL_PAGEDRESULTS]['value']['cookie'] ?? '';
} while ($cookie !== '');

$sorted = [['oid' => LDAP_CONTROL_SORTREQUEST, 'iscritical' => true, 'value' => [['attr' => 'uid', 'reverse' => true]]]];
$order = [];
$found = ldap_search($c, 'o=acme', PEOPLE, ['uid'], 0, 0, 0, LDAP_DEREF_NEVER, $sorted);
for ($e = ldap_first_entry($c, $found); $e; $e = ldap_next_entry($c, $e)) {
    $order[] = ldap_get_values($c, $e, 'uid')[0];
}
say('sorted', implode(' ', $order));

say('unknown critical control', ldap_read($c, JANE, '(objectClass=*)', [], 0, 0, 0, LDAP_DEREF_NEVER, [['oid' => '1.2.3.4', 'iscritical' => true]]) ? 'answered' : (string) ldap_errno($c));
say('no such entry', ldap_read($c, 'cn=Nobody,ou=people,o=acme', '(objectClass=*)') ? 'found' : (string) ldap_errno($c));
say('write', ldap_mod_replace($c, JANE, ['sn' => 'Other']) ? 'done' : (string) ldap_errno($c));
say('who', (string) ldap_exop_whoami($c));

ldap_set_option(null, LDAP_OPT_X_TLS_CACERTFILE, $authority); // before the first connection that needs it
$secure = connect($address);
say('StartTLS', ldap_start_tls($secure) && ldap_bind($secure, JANE, 'jdoe') ? ldap_exop_whoami($secure) : ldap_error($secure));
