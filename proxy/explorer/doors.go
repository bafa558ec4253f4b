package explorer

import (
	"net/http"
	"net/url"
	"strings"
)

// login is the log-in form.
type login struct {
	To      string // where to go afterwards
	User    string
	Problem string
	Names   string // what one may log in by, in words
}

// nameForms are the forms of names in words.
var nameForms = map[string]string{"dn": "distinguished name", "uid": "user id", "mail": "mail address", "fullName": "full name"}

func (x *Explorer) form(r *http.Request) login {
	var words []string
	for _, form := range x.NameForms {
		if word, ok := nameForms[form]; ok {
			words = append(words, word)
		}
	}
	out := login{To: home(r.FormValue("to")), Names: strings.Join(words, ", ")}
	if at := strings.LastIndex(out.Names, ", "); at >= 0 {
		out.Names = out.Names[:at] + " or " + out.Names[at+2:]
	}
	return out
}

// home is an address of the explorer's own, "/" for any other.
func home(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}

func (x *Explorer) loginForm(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := x.Doors.Visitor(r); ok {
		guard(w)
		http.Redirect(w, r, home(r.FormValue("to")), http.StatusSeeOther)
		return
	}
	x.render(w, http.StatusOK, &page{template: "login", Title: "Sign in", Token: x.Doors.FormToken(w, r), Main: x.form(r)})
}

func (x *Explorer) logIn(w http.ResponseWriter, r *http.Request) {
	code := x.Doors.LogIn(w, r)
	form := x.form(r)
	switch code {
	case http.StatusOK:
		guard(w)
		http.Redirect(w, r, form.To, http.StatusSeeOther)
		return
	case http.StatusUnauthorized:
		form.Problem = "Name or password is not right."
	case http.StatusForbidden:
		form.Problem = "This form was out of date. Please try again."
	case http.StatusTooManyRequests:
		form.Problem = "Too many refused log-ins from here. Please wait a minute."
	default:
		form.Problem = "The directory cannot be asked about the password at the moment."
	}
	form.User = r.PostFormValue("user")
	x.render(w, code, &page{template: "login", Title: "Sign in", Token: x.Doors.FormToken(w, r), Main: form})
}

func (x *Explorer) logOut(w http.ResponseWriter, r *http.Request) {
	if x.Doors.LogOut(w, r) != http.StatusOK {
		x.problem(w, r, http.StatusForbidden, "This form was out of date. Please go back, load the page anew and try again.")
		return
	}
	guard(w)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
