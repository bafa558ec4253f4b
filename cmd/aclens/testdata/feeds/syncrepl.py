"""Follows a feed with python-ldap's syncrepl client and prints the whole copy as
one line of JSON whenever the provider has told all that it has."""

import json
import sys

import ldap
import ldap.ldapobject
import ldap.syncrepl


class Mirror(ldap.ldapobject.ReconnectLDAPObject, ldap.syncrepl.SyncreplConsumer):
    def __init__(self, uri):
        super().__init__(uri)
        self.entries, self.seen, self.cookie, self.refreshing = {}, set(), None, True

    def syncrepl_get_cookie(self):
        return self.cookie

    def syncrepl_set_cookie(self, cookie):
        self.cookie = cookie
        if not self.refreshing:
            self.show()

    def syncrepl_entry(self, dn, attributes, uuid):
        self.entries[uuid] = (dn, attributes)

    def syncrepl_delete(self, uuids):
        for uuid in uuids:
            self.entries.pop(uuid, None)

    def syncrepl_present(self, uuids, refreshDeletes=False):
        if uuids is not None:
            self.seen.update(uuids)
        elif not refreshDeletes:
            self.entries = {u: e for u, e in self.entries.items() if u in self.seen}

    def syncrepl_refreshdone(self):
        self.refreshing = False
        self.show()

    def show(self):
        print(json.dumps({dn: {a: [v.decode() for v in values] for a, values in attributes.items()}
                          for dn, attributes in self.entries.values()}), flush=True)


uri, name, password, base = sys.argv[1:5]
mirror = Mirror(uri)
mirror.simple_bind_s(name, password)
search = mirror.syncrepl_search(base, ldap.SCOPE_SUBTREE, mode="refreshAndPersist", filterstr="(objectClass=*)", attrlist=sys.argv[5:])
while mirror.syncrepl_poll(msgid=search, all=1):
    pass
