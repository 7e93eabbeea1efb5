module github.com/stack-notifications/stack-notifications/examples/signatures/go

go 1.21
