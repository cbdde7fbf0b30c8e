"""What a report says, by subject: a module a subject, from plain values to one ``Section`` each."""
