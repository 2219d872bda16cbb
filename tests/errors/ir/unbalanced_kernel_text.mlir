"xcs.xla"() <{sym_name = "k", text = "module { } }"}> : () -> ()
