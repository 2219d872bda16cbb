"xcs.callable"() <{sym_name = "g", path = "app:g"}> : () -> ()
