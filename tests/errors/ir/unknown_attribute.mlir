xcs.callable @g {path = "app:g", effect = #xcs.effects<pure>}
