# Asks with Net::LDAP, which parses the schema by itself.
use strict;
use warnings;
use Net::LDAP;
use Net::LDAP::Constant qw(LDAP_COMPARE_TRUE LDAP_COMPARE_FALSE);

binmode STDOUT, ':encoding(UTF-8)';
my ($url, $who, $password, $base, $questions) = @ARGV;
my @attributes = qw(effectiveAccess effectiveRole effectiveWebAccess isMemberOf);

my $ldap = Net::LDAP->new($url, raw => qr/^$/) or die "connecting: $@";
my $bound = $ldap->bind($who, password => $password);
die 'binding: ', $bound->error if $bound->code;

sub search {
    my ($text, @asked) = @_;
    my $found = $ldap->search(base => $base, scope => 'sub', filter => $text, attrs => \@asked);
    die "$text: ", $found->error if $found->code;
    return $found->entries;
}

for my $entry (search('(|(objectClass=person)(objectClass=dominoServer))', @attributes)) {
    for my $name ($entry->attributes) {
        print join("\t", 'read', $entry->dn, $name, $_), "\n" for $entry->get_value($name);
    }
}

my $schema = $ldap->schema or die 'no schema';
open my $lines, '<:encoding(UTF-8)', $questions or die "$questions: $!";
while (my $line = <$lines>) {
    chomp $line;
    my ($kind, @fields) = split /\t/, $line;
    if ($kind eq 'filter') {
        print join("\t", 'filter', $fields[0], $_->dn), "\n" for search($fields[0], '1.1');
    } elsif ($kind eq 'compare') {
        my $code = $ldap->compare($fields[0], attr => $fields[1], value => $fields[2])->code;
        die "$line: $code" if $code != LDAP_COMPARE_TRUE && $code != LDAP_COMPARE_FALSE;
        print join("\t", 'compare', @fields, $code == LDAP_COMPARE_TRUE ? 'true' : 'false'), "\n";
    } elsif ($kind eq 'schema') {
        my $type = $schema->attribute($fields[0]) or die "no attribute type $fields[0]";
        print join("\t", 'schema', $fields[0], $type->{oid}), "\n";
    }
}
$ldap->unbind;
