#!/usr/bin/perl
# Asks nslcd whether a password is right, as pam_ldap does in nss-pam-ldapd's own
# protocol, and prints the two codes of PAM that it gives: of the password, and of
# the account (0 success, 7 authentication failed, 10 user unknown).
use strict;
use warnings;
use IO::Socket::UNIX;

use constant {VERSION => 2, PAM_AUTHC => 0x000d0001, RESULT_BEGIN => 1};

my ($name, $password) = @ARGV;
my $nslcd = IO::Socket::UNIX->new('/run/nslcd/socket') or die "connecting: $!";
my @fields = ($name, 'login', '', '', '', $password);    # name, service, from whom, from where, terminal
print $nslcd pack('NN', VERSION, PAM_AUTHC), map { pack('N/a*', $_) } @fields;
$nslcd->flush;

sub number {
    read($nslcd, my $octets, 4) == 4 or die 'the answer is cut off';
    return unpack('N', $octets);
}

sub text {
    my $length = number();
    read($nslcd, my $octets, $length) if $length;
    return $octets;
}

number(), number();    # version and action
if (number() != RESULT_BEGIN) {
    print "login\t$name\tnot known\n";
    exit;
}
my $password_code = number();
text();
print join("\t", 'login', $name, $password_code, number()), "\n";
