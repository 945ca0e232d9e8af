"""What any long-lived async program wants: lent time, backoff, supervision, logs and a word with systemd."""
