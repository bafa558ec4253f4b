#!/bin/sh
# What a machine that has its accounts in a directory asks through nslcd and its
# NSS module, and what its log-ins ask: called with nslcd's configuration, prints
# one line a fact.
#
# nslcd has one place for its configuration and its socket. They are covered
# where this runs in a mount namespace of its own. In a container that may not
# mount they are used, and put back.
set -eu
pam=$(dirname "$0")/nslcd_login.pl
undo=:
if mount -t tmpfs none /run 2>/dev/null; then
  mount --bind "$1" /etc/nslcd.conf
  mkdir /run/nslcd
else
  mkdir /run/nslcd # fails where another nslcd may be running
  cp -p /etc/nslcd.conf "$1.before"
  undo='cat "$1.before" >/etc/nslcd.conf; rm -rf /run/nslcd'
  trap 'eval "$undo"' EXIT
  cat "$1" >/etc/nslcd.conf
fi
/usr/sbin/nslcd -n &
trap 'kill $! && wait; eval "$undo"' EXIT
tries=0
until [ -S /run/nslcd/socket ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 600 ] || ! kill -0 $!; then
    echo 'nslcd does not listen'
    exit 1
  fi
  sleep 0.1
done

ask() {
  getent -s ldap "$@" || echo "$* ends with $?"
}
ask passwd jdoe
ask passwd 20003
ask passwd nobody-at-all
ask passwd pplain
getent -s ldap passwd | sort
ask group staff
ask group unixsales
ask group 21002
ask initgroups ida | tr -s ' '
ask initgroups jdoe | tr -s ' '
ask initgroups vstone | tr -s ' '
perl "$pam" jdoe jdoe
perl "$pam" jdoe wrong
perl "$pam" ida ida
perl "$pam" pplain pplain
