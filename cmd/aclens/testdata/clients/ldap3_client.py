"""Asks with ldap3, which reads the schema and checks every name against it."""
import sys

from ldap3 import ALL, SUBTREE, Connection, Server

URL, WHO, PASSWORD, BASE, QUESTIONS = sys.argv[1:6]
ATTRIBUTES = ["effectiveAccess", "effectiveRole", "effectiveWebAccess", "isMemberOf"]

server = Server(URL, get_info=ALL)
connection = Connection(server, WHO, PASSWORD, auto_bind=True, raise_exceptions=False)


def search(text, attributes):
    connection.search(BASE, text, search_scope=SUBTREE, attributes=attributes)
    if connection.result["result"] != 0:
        sys.exit("%s: %s" % (text, connection.result))
    return [e for e in connection.response if e["type"] == "searchResEntry"]


for entry in search("(|(objectClass=person)(objectClass=dominoServer))", ATTRIBUTES):
    for name, values in entry["attributes"].items():
        for value in values if isinstance(values, list) else [values]:
            print("read", entry["dn"], name, value, sep="\t")

with open(QUESTIONS, encoding="utf-8") as lines:
    for line in lines:
        kind, *fields = line.rstrip("\n").split("\t")
        if kind == "filter":
            for entry in search(fields[0], ["objectClass"]):
                print("filter", fields[0], entry["dn"], sep="\t")
        elif kind == "compare":
            answer = connection.compare(*fields)
            if connection.result["result"] not in (5, 6):
                sys.exit("%s: %s" % (fields, connection.result))
            print("compare", *fields, str(answer).lower(), sep="\t")
        elif kind == "schema":
            print("schema", fields[0], server.schema.attribute_types[fields[0]].oid, sep="\t")

connection.unbind()
