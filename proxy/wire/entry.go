package wire

// EntryWriter appends one search result entry (RFC 4511 section 4.5.2) to a
// buffer, value by value and without allocation if the buffer has room. Between
// BeginEntry and End the buffer belongs to it. BeginAttribute, any number of
// values and EndAttribute go together; attributes are not nested.
type EntryWriter struct {
	dst                      []byte
	start                    int // where the entry begins
	message, operation, list int // marks, see open
	attribute, set           int
}

// BeginEntry begins an entry behind dst.
func BeginEntry[D text](dst []byte, id int32, dn D) EntryWriter {
	w := EntryWriter{start: len(dst)}
	w.dst, w.message, w.operation = openMessage(dst, id, OpSearchEntry)
	w.dst = appendElement(w.dst, tagOctetString, dn)
	w.dst, w.list = open(w.dst, tagSequence)
	return w
}

// Attribute appends an attribute with its values; without values it is what a
// client that asked for types only gets.
func (w *EntryWriter) Attribute(name string, values ...string) {
	w.dst = AppendAttribute(w.dst, name, values...)
}

// AttributeBytes is Attribute for binary values.
func (w *EntryWriter) AttributeBytes(name string, values ...[]byte) {
	w.dst = AppendAttribute(w.dst, name, values...)
}

// Raw appends whole attributes that AppendAttribute encoded earlier or that
// EntryCursor.Raw gave.
func (w *EntryWriter) Raw(attributes []byte) { w.dst = append(w.dst, attributes...) }

// BeginAttribute begins an attribute.
func (w *EntryWriter) BeginAttribute(name string) {
	w.dst, w.attribute, w.set = openAttribute(w.dst, name)
}

// BeginAttributeBytes is BeginAttribute for a name as a client wrote it.
func (w *EntryWriter) BeginAttributeBytes(name []byte) {
	w.dst, w.attribute, w.set = openAttribute(w.dst, name)
}

// Value appends a value to the attribute begun.
func (w *EntryWriter) Value(v string) { w.dst = appendElement(w.dst, tagOctetString, v) }

// ValueBytes is Value for binary values.
func (w *EntryWriter) ValueBytes(v []byte) { w.dst = appendElement(w.dst, tagOctetString, v) }

// RawValues appends values that AppendValue encoded earlier to the attribute begun.
func (w *EntryWriter) RawValues(values []byte) { w.dst = append(w.dst, values...) }

// EndAttribute ends the attribute begun.
func (w *EntryWriter) EndAttribute() {
	w.dst = seal(seal(w.dst, w.set), w.attribute)
}

// Len returns the octets written so far, lengths not yet settled.
func (w *EntryWriter) Len() int { return len(w.dst) - w.start }

// End completes the entry and returns the buffer.
func (w *EntryWriter) End(controls ...Control) []byte {
	return sealMessage(seal(w.dst, w.list), w.message, w.operation, controls)
}

// Discard returns the buffer as BeginEntry got it, grown perhaps.
func (w *EntryWriter) Discard() []byte { return w.dst[:w.start] }

// AppendAttribute appends an encoded PartialAttribute (RFC 4511 section 4.1.7),
// to be kept for EntryWriter.Raw.
func AppendAttribute[N, V text](dst []byte, name N, values ...V) []byte {
	dst, attribute, set := openAttribute(dst, name)
	for _, v := range values {
		dst = appendElement(dst, tagOctetString, v)
	}
	return seal(seal(dst, set), attribute)
}

// AppendValue appends an encoded attribute value, to be kept for EntryWriter.RawValues.
func AppendValue[V text](dst []byte, v V) []byte { return appendElement(dst, tagOctetString, v) }

func openAttribute[N text](dst []byte, name N) (_ []byte, attribute, set int) {
	dst, attribute = open(dst, tagSequence)
	dst = appendElement(dst, tagOctetString, name)
	dst, set = open(dst, tagSet)
	return dst, attribute, set
}
