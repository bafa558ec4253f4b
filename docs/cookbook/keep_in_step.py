"""Keeps a table of people and what they may do in step with aclens.

One call does one step, in one transaction: the first loads everything, each
later one what changed since, whenever that was. Needs python3-ldap.

Exit status: 0 in step; 1 --compare found differences; 3 the brake holds, and
nothing was changed. Everything else that goes wrong ends with a traceback, and
changes nothing either.
"""

import argparse
import json
import pathlib
import sqlite3
import sys

import ldap
import ldap.ldapobject
import ldap.syncrepl
from ldap.controls import SimplePagedResultsControl

COLUMNS = ["uid", "cn", "mail", "effectiveAccess", "effectiveRole"]
REFRESH_REQUIRED = 4096  # RFC 4533: the cookie is not known any more
SECONDS = 600  # that one answer may take


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="ldap://127.0.0.1:10389")
    parser.add_argument("--name", required=True, help="DN of the account that reads")
    parser.add_argument("--password-file", required=True, type=pathlib.Path)
    parser.add_argument("--base", required=True)
    parser.add_argument("--filter", default="(objectClass=person)", help="who belongs into the table")
    parser.add_argument("--table", required=True, help="SQLite file, made if it is missing")
    parser.add_argument("--brake", type=float, default=10, metavar="PERCENT", help="how much of the table may vanish in one step")
    parser.add_argument("--release", action="store_true", help="let this step remove as much as it wants")
    parser.add_argument("--compare", action="store_true", help="read everything in pages and say where the table differs")
    return parser.parse_args()


def row(attributes):
    values = {name.lower(): sorted(v.decode() for v in found) for name, found in attributes.items()}
    return [json.dumps(values.get(column.lower(), []), ensure_ascii=False) for column in COLUMNS]


class Refresh(ldap.ldapobject.SimpleLDAPObject, ldap.syncrepl.SyncreplConsumer):
    """What one refresh tells, gathered until it is whole."""

    def __init__(self, settings, cookie):
        super().__init__(settings.url)
        self.cookie, self.whole = cookie, False
        self.rows, self.gone, self.present = {}, set(), set()
        self.simple_bind_s(settings.name, settings.password_file.read_text().strip())
        search = self.syncrepl_search(settings.base, ldap.SCOPE_SUBTREE, cookie=cookie, filterstr=settings.filter, attrlist=COLUMNS)
        while self.syncrepl_poll(msgid=search, timeout=SECONDS, all=1):
            pass
        self.unbind_s()

    def syncrepl_get_cookie(self):
        return self.cookie

    def syncrepl_set_cookie(self, cookie):
        self.cookie = cookie

    def syncrepl_entry(self, dn, attributes, uuid):
        self.gone.discard(uuid)
        self.rows[uuid] = [dn] + row(attributes)

    def syncrepl_delete(self, uuids):
        self.gone.update(uuids)
        for uuid in uuids:
            self.rows.pop(uuid, None)

    def syncrepl_present(self, uuids, refreshDeletes=False):
        if uuids is not None:
            self.present.update(uuids)
        elif not refreshDeletes:
            self.whole = True  # what was not named is not there any more


def refresh(settings, cookie):
    try:
        return Refresh(settings, cookie)
    except ldap.LDAPError as error:
        if cookie is None or error.args[0].get("result") != REFRESH_REQUIRED:
            raise
        return Refresh(settings, None)


def step(settings, table):
    cookie = next((c for (c,) in table.execute("SELECT cookie FROM place")), None)
    news = refresh(settings, cookie)
    kept = {uuid for (uuid,) in table.execute("SELECT uuid FROM person")}
    gone = kept - news.present if news.whole else kept & news.gone
    if len(gone) > max(1, len(kept) * settings.brake / 100) and not settings.release:
        print(f"held: {len(gone)} of {len(kept)} rows would vanish; --release lets them go", file=sys.stderr)
        return 3
    with table:  # the rows and the place in the feed, or none of them
        table.executemany("DELETE FROM person WHERE uuid = ?", [(uuid,) for uuid in gone])
        table.executemany(f"REPLACE INTO person VALUES (?, ?{', ?' * len(COLUMNS)})", [[uuid] + r for uuid, r in news.rows.items()])
        table.execute("REPLACE INTO place VALUES (1, ?)", [news.cookie])
    print(f"{'everything' if news.whole else 'changes'}: {len(news.rows)} written, {len(gone)} removed")
    return 0


def read_in_pages(settings):
    directory = ldap.ldapobject.SimpleLDAPObject(settings.url)
    directory.simple_bind_s(settings.name, settings.password_file.read_text().strip())
    page, rows = SimplePagedResultsControl(True, size=500, cookie=""), {}
    while True:
        search = directory.search_ext(settings.base, ldap.SCOPE_SUBTREE, settings.filter, COLUMNS, serverctrls=[page])
        _, entries, _, controls = directory.result3(search, timeout=SECONDS)
        rows.update((dn, row(attributes)) for dn, attributes in entries)
        page.cookie = next(c.cookie for c in controls if c.controlType == page.controlType)
        if not page.cookie:
            directory.unbind_s()
            return rows


def compare(settings, table):
    there = read_in_pages(settings)
    kept = {dn: values for _, dn, *values in table.execute("SELECT * FROM person")}
    differing = sorted(dn for dn in there.keys() | kept.keys() if there.get(dn) != kept.get(dn))
    for dn in differing:
        print(f"{dn}: table {kept.get(dn)}, aclens {there.get(dn)}")
    print(f"{len(there)} rows compared, {len(differing)} differ")
    return 1 if differing else 0


def main():
    settings = arguments()
    table = sqlite3.connect(settings.table)
    table.execute(f"CREATE TABLE IF NOT EXISTS person (uuid TEXT PRIMARY KEY, dn TEXT, {', '.join(COLUMNS)})")
    table.execute("CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY, cookie TEXT)")
    return compare(settings, table) if settings.compare else step(settings, table)


if __name__ == "__main__":
    sys.exit(main())
