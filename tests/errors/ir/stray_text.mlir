xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
}
